"""Pictures of as many people as there are, and means in which people count alike."""

import numpy as np
import pytest

from loft_jax.robustness import people


@pytest.mark.parametrize("count", [3, 5, 12, 100])
def test_nobody_is_shown_again_before_everybody_was_shown(count):
    labels = np.array([4] * 6 + [0] * 2 + [2] * 5 + [9] * 7)
    chosen = people.spread(labels, count, np.random.default_rng(0))
    assert len(chosen) == len(set(chosen.tolist())) == min(count, 20)
    assert (np.diff(chosen) > 0).all()
    shown = {one: int(np.sum(labels[chosen] == one)) for one in (0, 2, 4, 9)}
    most = max(shown.values())
    for one, times in shown.items():
        assert times >= min(most - 1, int(np.sum(labels == one)))


def test_a_smaller_choice_is_part_of_a_larger_one_and_seeds_differ():
    labels = np.repeat(np.arange(6), 9)
    few, many, other = (
        set(people.spread(labels, n, np.random.default_rng(seed)).tolist())
        for n, seed in ((8, 0), (20, 0), (20, 1))
    )
    assert few < many != other


def test_means_are_over_people():
    hits, labels = np.array([True, False, True, True]), np.array([3, 3, 3, 8])
    assert people.means(hits, labels).tolist() == pytest.approx([2 / 3, 1])
    found = people.share("x", hits, labels)
    assert found["x"] == pytest.approx(5 / 6)
    assert found["x_low"] < found["x"] < found["x_high"] <= 1
