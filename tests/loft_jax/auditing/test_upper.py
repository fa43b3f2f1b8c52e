"""Upper ends hold as often as they say, by simulation of laws whose mean is known."""

import numpy as np
import pytest
from scipy import stats

from loft_jax.auditing.upper import upper_end
from loft_jax.errors import InputError

REPEATS = 1000
LAWS = {
    # Squared residuals of one coordinate, of eight, and of 96 under a spread of difficulty.
    "one": (lambda rng, n: rng.standard_normal(n) ** 2, 1.0),
    "eight": (lambda rng, n: rng.chisquare(8, n), 8.0),
    "mixed": (lambda rng, n: rng.chisquare(96, n) * rng.lognormal(-0.045, 0.3, n), 96.0),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [100, 1000])
def test_limits_hold_in_at_least_93_of_100(law, n):
    draw, true = LAWS[law]
    rng = np.random.default_rng(0)
    held = [upper_end(draw(rng, n)).limit >= true for _ in range(REPEATS)]
    assert 0.93 <= np.mean(held) <= 0.98


def test_the_mean_and_its_standard_error_are_the_plain_ones():
    errors = np.random.default_rng(1).standard_normal(200) ** 2
    found = upper_end(errors)
    assert found.value == pytest.approx(errors.mean())
    assert found.standard_error == pytest.approx(stats.sem(errors))
    student = errors.mean() + stats.sem(errors) * stats.t.ppf(0.95, 199)
    assert found.limit > student  # the tail is on the right
    assert upper_end(errors, 0.99).limit > found.limit
    assert upper_end(np.full(100, 3.0)) == (3.0, 0.0, 3.0)


@pytest.mark.parametrize(
    ("errors", "confidence", "words"),
    [
        (np.ones(99), 0.95, r"`errors` must be at least 100 numbers, got shape \[99\]"),
        (np.full(100, -1.0), 0.95, "`errors` must be finite and at least 0"),
        (np.full(100, np.nan), 0.95, "`errors` must be finite and at least 0"),
        (np.ones(100), 1.0, r"`confidence` must be in \[0.5, 1\), got 1"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(errors, confidence, words):
    with pytest.raises(InputError, match=words):
        upper_end(errors, confidence)
