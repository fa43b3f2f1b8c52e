"""The simulation of intervals: its law, a smoke of its bars, its table."""

import numpy as np
import pytest
from scipy import integrate, stats

from loft_jax.reproductions.coverage import (
    PEOPLE,
    Cell,
    difference_cell,
    drawn_shares,
    plainly,
    share_cell,
    strongest_cell,
)
from loft_jax.reproductions.coverage_table import conclusion, markdown, picture


@pytest.mark.parametrize(("r", "spread"), [(3, 0.4), (1, 0.4)])
def test_the_truth_is_the_mean_over_people_and_seeds_and_of_one_seed_its_own(r, spread):
    rng = np.random.default_rng(0)
    hits, truth = drawn_shares(20_000, (r, 5, 2), 0.1, spread, rng)
    error = hits.mean((1, 2)).std() / np.sqrt(20_000)
    assert hits.mean() == pytest.approx(0.1, abs=5 * error)
    if r > 1:
        assert (truth == 0.1).all()
        return
    # E over seeds of the models' own means is the same share, and so is their spread by quadrature.
    mu = stats.norm.ppf(0.1) * np.sqrt(1 + PEOPLE**2 + spread**2)

    def own(a):
        return stats.norm.cdf((mu + a) / np.sqrt(1 + PEOPLE**2))

    second = integrate.quad(lambda a: own(a) ** 2 * stats.norm.pdf(a, scale=spread), -4, 4)[0]
    assert truth.mean() == pytest.approx(0.1, abs=5 * truth.std() / np.sqrt(20_000))
    assert truth.var() == pytest.approx(second - 0.01, rel=0.1)


@pytest.mark.parametrize("r", [1, 2, 3, 6])
@pytest.mark.parametrize("p", [0.05, 0.5])
def test_intervals_hold_the_share(r, p):
    repeats = 300
    for spread in (0.0, 0.4):
        found = share_cell(r, 24, 6, p, spread, repeats, np.random.default_rng(1))
        error = np.sqrt(0.07 * 0.93 / repeats)
        assert found.coverage > (0.93 if r > 1 else 0.90) - 3 * error
    assert found.width < 1


def test_a_fall_is_found_and_none_is_not_invented():
    rng = np.random.default_rng(2)
    fall = difference_cell(3, 24, 6, (0.9, 0.7), 0.1, 200, rng)
    none = difference_cell(3, 24, 6, (0.6, 0.6), 0.1, 200, rng)
    assert fall.truth == pytest.approx(-0.2)
    assert fall.power > 0.7
    assert none.power < 0.07


def test_the_strongest_of_four_against_one_is_not_held_for_stronger():
    # One seed, all equally strong: with a choice on the same people 24 of 100 would be wrong.
    found = strongest_cell(1, 24, (4, 1), 400, np.random.default_rng(3))
    assert found.coverage > 0.90


def test_the_table_has_every_cell_and_the_picture_is_drawn():
    shares = [
        Cell("share", r, k, trials, p, None, spread, 0.951, None, 0.2)
        for trials in (6, 1) for r in (1, 2, 3, 6) for k in (24, 50)
        for p in (0.05, 0.5, 0.95) for spread in (0.0, 0.1, 0.4)
    ]  # fmt: skip
    fall = Cell("difference", 3, 24, 6, -0.2, 0.9, 0.1, 0.96, 0.77, 0.3)
    cells = [*shares, fall]
    text = markdown(cells, 7, "python -m loft_jax.reproduce coverage")
    assert text.count("0.951 (0.20)") == len(shares)
    assert "| difference | 3 | 24 | -0.20 | 0.9 | 0.1 | 0.960 | 0.770 | 0.30 |" in text
    assert "7 repeats" in text
    assert "power 0.77 (from 0.9, seeds' deviation 0.1)" in conclusion(cells)[-1]
    assert picture(cells).startswith(b"\x89PNG")
    assert plainly(fall)["power"] == 0.77
    assert plainly(shares[0])["base"] is None
