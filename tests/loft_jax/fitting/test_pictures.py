"""What is written above the training pictures of samples.png."""

import pytest

from loft_jax.fitting.pictures import shortened


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("person 3", "person 3"),
        ("Ariel Sharon Jr.", "Ariel Sharon Jr."),
        ("Arnold_Schwarzenegger", "Arnold_Schwarze…"),
        ("Gloria Macapagal Arroyo", "Gloria Macapaga…"),
    ],
)
def test_of_a_long_name_the_beginning_is_shown(name, shown):
    assert shortened(name) == shown
