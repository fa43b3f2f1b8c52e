"""How much a model's answers give away: intervals for any release."""
