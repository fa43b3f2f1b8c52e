"""A judge that was never taught the private people: it tells whether two pictures show one."""
