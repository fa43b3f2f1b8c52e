"""When a verdict is withheld: by judges whose answers are written down here."""

import numpy as np

from loft_jax.judging.verdict import Witness, bar, withheld


def witness(found, real, k=24, name="judge"):
    """Answers that vary a little over k classes, with these means."""
    wave = 0.02 * (-1.0) ** np.arange(k)
    return Witness(name, found + wave, real + wave[::-1])


def test_good_judges_are_believed_even_if_reconstructions_are_a_little_plainer():
    assert withheld([witness(0.96, 0.93), witness(0.1, 0.97)], 128) is None


def test_a_poor_judge_is_not_whatever_it_says_of_reconstructions():
    for found in (0.85, 0.1):
        said = withheld([witness(0.9, 0.95), witness(found, 0.34, name="small")], 60)
        assert said == (
            "no verdict may rest on these judges: small names 0.34 of real held-out pictures of "
            "the same classes, and half way from chance to 1 is 0.51"
        )
    assert bar(2) == 0.75


def test_one_that_is_much_surer_of_reconstructions_than_of_real_pictures_is_fooled():
    said = withheld([witness(0.85, 0.6)], 60)
    assert said == (
        "no verdict may rest on these judges: judge names 0.85 of the reconstructions and only "
        "0.60 of real held-out pictures of the same classes"
    )


def test_a_difference_that_may_be_chance_is_no_alarm():
    # Two classes of four make it: the interval holds zero.
    found, real = np.array([1.0, 1.0, 0.5, 0.5]), np.array([0.5, 0.5, 0.6, 0.6])
    assert withheld([Witness("judge", found, real)], 60) is None
    assert withheld([Witness("judge", np.array([1.0]), np.array([0.6]))], 60) is None  # one class
