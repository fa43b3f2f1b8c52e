"""Theory against attacks: which heads, what the intervals hold, what may be said."""

import json

import numpy as np
import pytest

import loft_jax
from loft_jax.errors import InputError
from loft_jax.metrics.interval import Interval
from loft_jax.reproductions.instance import errors, margin
from loft_jax.reproductions.settings import ReproduceConfig
from loft_jax.reproductions.theory import TITLE, reproduce_theory
from loft_jax.reproductions.theory_effects import Effect, correlation, effects, sentences
from loft_jax.reproductions.theory_heads import asked_of, heads
from loft_jax.reproductions.theory_page import markdown, picture


def row(rng, rank, seed, slope, epochs=20):
    """A head whose IIE falls with its rank, found as its rank and, by `slope`, its IIE say."""
    own = rng.standard_normal()
    iie = 0.9 - 0.1 * np.log2(rank) + 0.05 * own
    found = 0.1 * np.log2(rank) + 0.05 * (slope * own + rng.standard_normal())
    return {
        "label": f"LoFt rank {rank}", "kind": "LoFt", "epochs": epochs, "seed": seed,
        "log2_rank": float(np.log2(rank)), "test_accuracy": 0.9 + 0.02 * rng.uniform(),
        "margin": rng.uniform(1, 2), "feature_iie": iie, "position": rng.uniform(),
        "effective_rank": 5.0, "feature_traits": 0.7, "feature_texture": 1.0,
        "code_error": 1 - 0.1 * rng.uniform(), "code_traits": 0.8, "code_texture": 1.0,
        "ridge_traits": 0.9, "accuracy_at_1": found, "open_set_accuracy": found,
        "retrieval_at_1": None,
    }  # fmt: skip


def made(slope, seeds=4, rng=None):
    rng = np.random.default_rng(0) if rng is None else rng
    return [row(rng, rank, s, slope) for s in range(seeds) for rank in (64, 16, 8) * 5]


def size_of(rows, held):
    (found,) = (
        one.size
        for one in effects(rows)
        if one[:3] == ("feature_iie", "open_set_accuracy", held)
    )  # fmt: skip
    return found


def test_at_equal_rank_only_what_is_not_rank_counts():
    apart, plain = size_of(made(0.0), "rank"), size_of(made(0.0), "nothing")
    assert plain.high < -0.7  # rank makes both
    assert apart.low < 0 < apart.high
    assert size_of(made(-2.0), "rank").high < -0.5
    assert size_of(made(2.0), "rank").low > 0.5


def test_intervals_hold_the_correlation_that_made_the_heads():
    # Corr(own, slope own + noise) = slope / sqrt(1 + slope^2), the rank held.
    slope, repeats, rng = -1.0, 150, np.random.default_rng(1)
    true, held = slope / np.sqrt(2), 0
    for _ in range(repeats):
        rows = made(slope, 3, rng)
        seeds = [[one for one in rows if one["seed"] == s] for s in range(3)]
        size = correlation(seeds, "feature_iie", "open_set_accuracy", "rank")
        held += size.low <= true <= size.high
    assert held >= 0.93 * repeats - 3 * np.sqrt(repeats * 0.95 * 0.05)


def test_one_seed_has_no_interval_and_what_was_not_measured_no_effect():
    found = effects(made(-2.0, seeds=1))
    assert {one.outcome for one in found} == {"open_set_accuracy", "accuracy_at_1"}
    assert all(one.size.low is None for one in found)
    assert "one seed" in sentences(found)[0]
    assert "it is not shown" in sentences(found)[0]


def test_a_head_without_a_position_says_nothing_of_positions():
    rows = made(-2.0)
    lost = [{**one, "position": None} if i % 3 == 0 else one for i, one in enumerate(rows)]
    kept = [one for one in rows if one["log2_rank"] < 6]  # every third is of rank 64
    sizes = [
        [e.size for e in effects(some) if e[:3] == ("position", "accuracy_at_1", "rank")]
        for some in (lost, kept)
    ]
    assert sizes[0] == sizes[1]


def test_slopes_are_of_all_regressors_together():
    found = {one.predictor: one.size for one in effects(made(-2.0))
             if one.held == "regression" and one.outcome == "open_set_accuracy"}  # fmt: skip
    assert set(found) == {"feature_iie", "log2_rank", "test_accuracy", "margin"}
    assert found["feature_iie"].high < 0
    assert found["margin"].low < 0 < found["margin"].high


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.6, -0.2, "more IIE of the features given the code goes with less open-set success"),
        (0.2, 0.6, "more IIE of the features given the code goes with more open-set success"),
        (-0.2, 0.6, "it is not shown that IIE of the features given the code goes with"),
    ],
)
def test_a_sentence_claims_what_its_interval_allows(low, high, words):
    one = Effect("feature_iie", "open_set_accuracy", "rank", Interval(0.0, low, high, 6))
    (said,) = sentences([one])
    assert said.startswith("Among heads of equal rank ")
    assert words in said
    assert f"({low:+.2f} to {high:+.2f}, 6 seeds)" in said
    assert sentences([])[0].startswith("Of open-set success nothing can be said: there are too few")


def test_the_page_has_every_head_and_the_picture_is_drawn():
    rows = made(-2.0)
    found = effects(rows)
    text = markdown(TITLE, rows, found, sentences(found), "python -m loft_jax.reproduce x")
    for rank in (64, 16, 8):
        own = [r["feature_iie"] for r in rows if r["label"] == f"LoFt rank {rank}"]
        (line,) = (one for one in text.splitlines() if one.startswith(f"| LoFt rank {rank} |"))
        assert f"| {np.mean(own):.3f} |" in line
        assert line.endswith("- | " + line.split("|")[-2].strip() + " |")  # no retrieval
    assert "| retrieval | IIE of the features given the code | - | - | - | - |" in text
    assert picture(rows, found).startswith(b"\x89PNG")


def test_heads_of_one_rank_are_made_in_five_ways_and_judged_alike(looking):
    cells = heads(asked_of(ReproduceConfig("table-theory", seeds=(0, 1))), looking())
    assert len(cells.attacks) == 2 * 3 * (1 + 5 * 3)
    assert {one.model.config.optim.epochs for one in cells.attacks} == {3, 10, 20}
    assert {judge.config.optim.epochs for judge in cells.judges} == {20}
    assert len({tuple(j.name for j in one.judges) for one in cells.attacks}) == 1
    ranks = {(a.model.config.model.defense.tag, a.model.config.model.defense.strength)
             for a in cells.attacks}  # fmt: skip
    kinds = ("loft", "svd", "random-cut", "lda", "least-cut")
    assert ranks == {("none", None), *((k, float(r)) for k in kinds for r in (64, 16, 8))}


def test_errors_are_told_by_part_and_margins_by_the_nearest_rival():
    missed = np.random.default_rng(2).standard_normal((200, 96)) * np.repeat([2.0, 1.0], [24, 72])
    found = errors(missed)
    assert found["traits"]["value"] == pytest.approx(np.mean(missed[:, :24] ** 2))
    assert found["texture"]["value"] == pytest.approx(np.mean(missed[:, 24:] ** 2))
    parts = 24 * found["traits"]["value"] + 72 * found["texture"]["value"]
    assert found["identity"]["value"] == pytest.approx(parts / 96)
    logits = np.array([[3.0, 1.0, 0.0], [0.0, 5.0, 4.0], [9.0, 0.0, 1.0]])
    assert margin(logits, np.array([0, 1, 2])) == 1.0  # of 2, 1 and -8


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data": "digits"}, "`--data` must be faces for table-theory, which needs a known law"),
        ({"scale": "paper", "data": "faces"}, "`--scale` must be laptop for table-theory"),
    ],
)
def test_pictures_without_a_law_are_refused(settings, words, tmp_path):
    with pytest.raises(InputError, match=words):
        reproduce_theory(ReproduceConfig("table-theory", **settings), tmp_path / "x", "", 0.0)
    assert not (tmp_path / "x").exists()


@pytest.mark.slow
@pytest.mark.command
def test_the_whole_way_once(tmp_path):
    asked = {"quick": True, "seeds": (0,), "jobs": 1, "out": str(tmp_path), "cache": False}
    found = loft_jax.reproduce("table-theory", **asked)
    assert not found.numbers["failed"]
    assert len(found.numbers["heads"]) == 6
    for head in found.numbers["heads"]:
        for part in ("features", "code"):
            assert 0.5 < head["decoded"][part]["latents"]["identity"]["value"] < 1.1
    told = json.loads((found.folder / "theory.json").read_text())
    assert told["conclusions"] == found.numbers["conclusions"]
    assert (found.folder / "theory.png").exists()
    kept = sorted((tmp_path / "cells" / "decoded").rglob("*.json"))
    before = [path.stat().st_mtime_ns for path in kept]
    loft_jax.reproduce("table-theory", **asked)
    assert [path.stat().st_mtime_ns for path in kept] == before  # nothing is decoded again
