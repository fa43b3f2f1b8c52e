"""Figures: every kind of table is drawn without a warning; labels keep apart."""

import io

import numpy as np
import polars as pl
import pytest
from attacked_tables import PLAIN, cut, drawn, loft, rows_with, table_of, weighted

from loft_jax.findings import drawing
from loft_jax.findings.forest import attacks_in_lines, models_in_lines
from loft_jax.findings.frontier import frontiers
from loft_jax.findings.strengths import leakage_against_strength
from loft_jax.findings.trade_off import utility_against_leakage

KNOWS = ("none", "pre-code", "logit", "straight-through")


def world(
    ranks=(2, 8, 64), *, variants=("",), others=(), trunks=("small_cnn",), plain=True, **size
):
    rng = np.random.default_rng(0)
    parts = []
    for trunk in trunks:
        for adaptive in KNOWS:
            models = [PLAIN] if plain and adaptive != "straight-through" else []
            models += [loft(rank, variant) for rank in ranks for variant in variants]
            models += others
            for model in models:
                hits = drawn(0.5, rng, **size)
                accuracy = 0.9 + 0.01 * rng.standard_normal(len(hits))
                setting = {**model, "trunk": trunk, "adaptive": adaptive}
                parts.append(rows_with(hits, accuracy=accuracy, **setting))
    return table_of(*parts)


def with_lookalikes(table):
    """The same, whose attacks find a third without a search."""
    control = (pl.col("accuracy_at_1") / 3).alias("lookalike_accuracy_at_1")
    return table.with_columns(control)


TABLES = {
    "full": world(),
    "lookalikes": with_lookalikes(world(others=(cut(4),))),
    "baselines alone": world(ranks=()),
    "no baseline": world(plain=False),
    "one strength": world(ranks=(8,)),
    "one seed": world(seeds=1),
    "one seed and class": world(seeds=1, classes=1),
    "several": world(variants=("", "relu"), trunks=("small_cnn", "resnet18_narrow")),
    "other kinds": world(
        others=(cut(4), cut(16), {**PLAIN, "spec": "tl", "label": "TL-DMI", "baselines": "none"})
    ),
    "empty": table_of(),
}


@pytest.mark.parametrize(
    "draw",
    [
        leakage_against_strength,
        utility_against_leakage,
        models_in_lines,
        attacks_in_lines,
        frontiers,
    ],
)
@pytest.mark.parametrize("name", TABLES)
def test_tables_of_every_kind_are_drawn_without_a_warning(name, draw):
    from matplotlib.image import imread

    picture = imread(io.BytesIO(draw(TABLES[name])), format="png")
    assert picture.shape[1] in (900, 1125)
    # Nothing runs over the edge: the outermost two rows and columns are white.
    edges = [picture[:2], picture[-2:], picture[:, :2], picture[:, -2:]]
    assert all((edge == 1).all() for edge in edges)


def test_strengths_of_two_names_have_a_panel_each():
    from matplotlib.image import imread

    both = world(others=(weighted(0.0), weighted(0.1), weighted(1.0)))
    one, two = (
        imread(io.BytesIO(leakage_against_strength(table)), format="png").shape[1]
        for table in (TABLES["full"], both)
    )
    assert two > 1.5 * one


class Lines:
    """Axes that only remember what is drawn."""

    def __init__(self):
        self.levels, self.names = [], []

    def axvline(self, x, **look):
        self.levels.append(x)
        self.names.append(look["label"])

    def plot(self, *_, **look):
        self.names.append(look["label"])


def test_chance_is_the_line_only_where_no_lookalikes_are_known():
    known = [{"lookalike_accuracy_at_1": 0.4, "classes": 40}]
    unknown = [{"lookalike_accuracy_at_1": None, "classes": 40}]
    for rows, levels, names in (
        (known, [], [drawing.LOOKALIKES]),
        (unknown, [1 / 40], ["chance 0.025"]),
        (known + unknown, [1 / 40], [drawing.LOOKALIKES, "chance 0.025"]),
    ):
        axes = Lines()
        drawing.control(axes, axes.axvline, rows)
        assert (axes.levels, axes.names) == (levels, names)


def test_the_same_table_gives_the_same_picture():
    assert leakage_against_strength(TABLES["full"]) == leakage_against_strength(TABLES["full"])


@pytest.mark.parametrize("heights", [[0.5] * 5, [0.9, 0.1, 0.91, 0.89], [0.0, 1.0], [0.3], []])
def test_labels_keep_their_order_and_a_gap_and_stay_within_the_axes(heights):
    placed = drawing.spread(heights, 0.1, 0.0, 1.0)
    order = np.argsort(heights, kind="stable")
    assert (np.diff(np.array(placed)[order]) > 0.1 - 1e-9).all()
    assert all(0.05 - 1e-9 <= place <= 0.95 + 1e-9 for place in placed)


def test_labels_that_do_not_crowd_stay_where_they_are():
    assert drawing.spread([0.2, 0.8, 0.5], 0.1, 0.0, 1.0) == pytest.approx([0.2, 0.8, 0.5])


def test_error_bars_reach_the_ends_and_are_missing_without_an_interval():
    rows = [
        {"a": 0.9, "a_low": 0.7, "a_high": 1.0},
        {"a": 0.1, "a_low": 0.0, "a_high": 0.4},
        {"a": 0.9, "a_low": None, "a_high": None},
    ]
    np.testing.assert_allclose(drawing.errors(rows, "a"), [[0.2, 0.1, np.nan], [0.1, 0.3, np.nan]])


def test_test_accuracy_is_shown_with_all_of_its_intervals():
    low, high = drawing.limits(
        [{"test_accuracy": 0.5, "test_accuracy_low": 0.3, "test_accuracy_high": 0.9}]
    )
    assert low < 0.3 < 0.9 < high


def test_the_attack_as_it_is_comes_before_its_adaptive_forms():
    rows = [{"attack": "gmi", "prior": "gan", "adaptive": name} for name in ("logit", "none")]
    assert [adaptive for _, adaptive, _ in drawing.attacks_of(rows)] == ["none", "logit"]
