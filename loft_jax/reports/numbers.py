"""The tables of numbers: every attack, defenses against baselines, effects of strength."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from loft_jax.findings.effects import (
    Difference,
    differences,
    lowers,
    protects,
    raises,
)
from loft_jax.findings.summary import summary
from loft_jax.findings.trends import NEAR, StrengthEffect, strength_effects
from loft_jax.findings.wording import attack_name, kind_name, priors_differ
from loft_jax.findings.worst_case import worst_cases
from loft_jax.reports.grid import (
    Bar,
    Cell,
    Column,
    Grid,
    bars,
    defense_cell,
    difference,
    number,
    p_value,
    with_interval,
    word,
)

MEASURES = (
    ("accuracy_at_1", "Acc@1"),
    ("lookalike_accuracy_at_1", "Lookalikes"),
    ("over_lookalikes", "Above them"),
    ("open_set_accuracy", "Open set"),
    ("lookalike_open_set_accuracy", "Lookalikes, open set"),
    ("open_set_over_lookalikes", "Above them, open set"),
    ("real_accuracy_at_1", "Real pictures"),
    ("retrieval_at_1", "Retrieval"),
    ("independent_retrieval_at_1", "Independent retrieval"),
    ("independent_verification", "Independent verification"),
    ("accuracy_at_5", "Acc@5"),
    ("feature_distance", "Feature distance"),
    ("ssim", "SSIM"),
    ("identity_error", "Identity error"),
    ("test_accuracy", "Test accuracy"),
    ("retention", "Spectrum kept"),
)
WHERE = ("trunk", "attack", "prior", "adaptive", "seeds", "attacked_classes")
NAMES = {"attacked_classes": "Classes", "strength_name": "Strength"}


def attacks_grid(table: pl.DataFrame) -> Grid:
    """Every classifier under every attack: `findings.summary`."""
    rows = summary(table)
    where, shared = _split(rows, WHERE)
    measures = [(name, label) for name, label in MEASURES if any(r[name] is not None for r in rows)]
    held = list(dict.fromkeys(row["withheld"] for row in rows if row["withheld"]))
    return Grid(
        "attacks",
        f"Every attack ({shared})" if shared else "Every attack",
        [
            Column("Defense", number=False),
            *(_setting_column(name) for name in where),
            *(Column(label) for _, label in measures),
            *([Column("Verdict", number=False)] if held else []),
        ],
        [
            [
                defense_cell(row),
                *(_setting(row[name]) for name in where),
                *(
                    with_interval(row[f"{name}_low"], row[name], row[f"{name}_high"])
                    for name, _ in measures
                ),
                *([word("withheld" if row["withheld"] else "may be given")] if held else []),
            ]
            for row in rows
        ],
        "Acc@1 and Acc@5: share of reconstructions that independent classifiers take for the "
        "attacked class (leakage; higher is worse). Lookalikes: the same of the same attack with "
        "no search, which chance finds among strangers; above them: the difference, paired. Open "
        "set: only where the judge is surer than of 999 in 1,000 strangers. Real pictures: what "
        "the same judges name of held-out pictures of these classes. Retrieval: the true person is "
        "the nearest of all private people. Feature distance: squared, to the nearest "
        "private picture. SSIM: to the nearest private picture, 1 is a copy. Identity error: in "
        "population deviations, 1 is the mean face. Below each number its 95 % interval: of "
        "attacks over seeds and classes (with one seed over classes: of that model), of test "
        "accuracy over seeds. " + " ".join([_judges(rows), *map(_sentence, held)]),
    )


def strongest_grid(table: pl.DataFrame) -> Grid:
    """Defenses against baselines, each under its strongest attack: `findings.worst_case`."""
    found = worst_cases(table)
    where, shared = _split([one.setting for one in found], ("trunk",))
    priors = priors_differ(table.iter_rows(named=True))
    return Grid(
        "strongest",
        "Each defense under its strongest attack, minus its baseline under its own"
        + (f" ({shared})" if shared else ""),
        [
            Column("Defense", number=False),
            *(_setting_column(name) for name in where),
            Column("Strongest attack", number=False),
            Column("Baseline", number=False),
            Column("Strongest on it", number=False),
            Column("Attacks", number=False),
            Column("Change of Acc@1"),
            Column("Change of test accuracy"),
            Column("Seeds"),
            Column("Says", number=False),
        ],
        [
            [
                defense_cell(one.setting),
                *(_setting(one.setting[name]) for name in where),
                word(attack_name(one.setting, prior=priors)),
                word(one.against["label"]),
                word(attack_name(one.against, prior=priors)),
                word(" and ".join(map(str, one.attacks))),
                *_changes(one, bar),
            ]
            for one, bar in zip(found, bars([one.leakage for one in found]), strict=True)
        ],
        "Of the attacks that were made on both (their numbers on each stand beside them), the one "
        "with the highest mean Acc@1 over the same seeds and classes is named; the change is of "
        "those that are strongest on one half of the classes, measured on the other, both ways. "
        "Drawn: the change of Acc@1 with its 95 % interval; the thin line is zero. "
        + _together(found)
        + " The sentence at the top is of this table.",
    )


def differences_grid(table: pl.DataFrame) -> Grid:
    """Defenses against baselines under the same attack: `findings.effects`."""
    found = differences(table)
    where, shared = _split([one.setting for one in found], ("trunk", "attack", "prior", "adaptive"))
    drawn = bars([one.leakage for one in found])
    against = {_against(one) for one in found}
    return Grid(
        "differences",
        "Each defense minus its baseline under the same attack"
        + (f" ({shared})" if shared else ""),
        [
            Column("Defense", number=False),
            *(_setting_column(name) for name in where),
            *([Column("Baseline", number=False)] if len(against) > 1 else []),
            Column("Change of Acc@1"),
            Column("Change of test accuracy"),
            Column("Seeds"),
            Column("Says", number=False),
        ],
        [
            [
                defense_cell(one.setting),
                *(_setting(one.setting[name]) for name in where),
                *([word(_against(one))] if len(against) > 1 else []),
                *_changes(one, bar),
            ]
            for one, bar in zip(found, drawn, strict=True)
        ],
        "Paired: the same seeds and classes on both sides. Drawn: the change of Acc@1 with its "
        "95 % interval; the thin line is zero, left of it fewer are found. "
        + _together(found)
        + (f" The baseline: {against.pop()}." if len(against) == 1 else ""),
    )


def strengths_grid(table: pl.DataFrame) -> Grid:
    """How Acc@1 moves along the strength: `findings.effects`."""
    found = strength_effects(table)
    names = ("trunk", "strength_name", "attack", "prior", "adaptive")
    where, shared = _split([one.setting for one in found], names)
    drawn = bars([one.slope for one in found])
    return Grid(
        "strengths",
        "Acc@1 along the strength" + (f" ({shared})" if shared else ""),
        [
            Column("Defense", number=False),
            *(_setting_column(name) for name in where),
            Column("Strengths", number=False),
            Column("Change for each doubling"),
            Column("p, rising"),
            Column("Seeds"),
            Column("Says", number=False),
        ],
        [
            [
                word(kind_name(one.setting)),
                *(_setting(one.setting[name]) for name in where),
                Cell(", ".join(f"{s:g}" for s in one.strengths), one.strengths[0]),
                difference(one.slope, bar),
                p_value(one.p_value),
                number(one.seeds, 0),
                word(_slope(one)),
            ]
            for one, bar in zip(found, drawn, strict=True)
        ],
        "p: one-sided, of Page's test that Acc@1 rises with the strength, over seeds; with one "
        "seed over classes, and silent of other seeds. It is not corrected for the number of rows. "
        f"Only heads whose test accuracy is at most {NEAR:g} below the baseline's count.",
    )


def _together(found: list[Difference]) -> str:
    """How the verdicts are corrected for their number."""
    if all(one.corrected == one.leakage for one in found):
        return "What it says is by that interval."
    return (
        "What it says is corrected for the number of defenses that are judged together (Holm), so "
        "that an interval may leave zero out and nothing be shown."
    )


def _sentence(said: str) -> str:
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."


def _judges(rows: list[dict[str, Any]]) -> str:
    """How much the evaluators know themselves."""
    known = [row["judge_accuracy"] for row in rows if row["judge_accuracy"] is not None]
    if not known:
        return "Nothing is known of the judges themselves."
    ends = dict.fromkeys(f"{end:.3f}" for end in (min(known), max(known)))
    return (
        f"The judges' own accuracy on held-out pictures is {' to '.join(ends)}: what they cannot "
        "recognise there they cannot recognise in reconstructions."
    )


def _changes(one: Difference, bar: Bar) -> list[Cell]:
    return [
        difference(one.leakage, bar),
        difference(one.utility),
        number(one.seeds, 0),
        word(_verdict(one)),
    ]


def _split(rows: Iterable[dict[str, Any]], names: Iterable[str]) -> tuple[list[str], str]:
    """(settings that differ, the others in words): a column that says the same is left out."""
    rows, differing, shared = list(rows), [], []
    for name in names:
        values = {row[name] for row in rows}
        if len(values) > 1:
            differing.append(name)
        elif rows and rows[0][name] is not None:
            shared.append(_told(name, rows[0][name]))
    return differing, ", ".join(filter(None, shared))


def _told(name: str, value: Any) -> str:
    if name in ("seeds", "attacked_classes"):
        what = "seed" if name == "seeds" else "class"
        plural = {"seed": "seeds", "class": "classes"}[what]
        return f"{value} {what if value == 1 else plural}"
    if name == "adaptive":
        return "not adaptive" if value == "none" else str(value)
    return f"prior {value}" if name == "prior" else str(value)


def _setting_column(name: str) -> Column:
    label = NAMES.get(name, name.replace("_", " ").capitalize())
    return Column(label, number=name in ("seeds", "attacked_classes"))


def _setting(value: Any) -> Cell:
    return number(value, 0) if type(value) is int else word(value)


def _against(one: Difference) -> str:
    """Which attack on which baseline: not always the defense's own, see `differences`."""
    adaptive = one.against["adaptive"]
    return f"{one.against['label']}, {'attack as it is' if adaptive == 'none' else adaptive}"


def _verdict(one: Difference) -> str:
    noun = one.setting["noun"]
    if one.withheld is not None:
        return "withheld: the judges"
    if lowers(one.corrected):
        return (
            f"fewer {noun} found"
            if protects(one)
            else f"not by the defense: {one.setting['remark']}"
        )
    return f"more {noun} found" if raises(one.corrected) else "not shown"


def _slope(one: StrengthEffect) -> str:
    name = one.setting["strength_name"]
    if lowers(one.slope):
        return f"falls with {name}"
    return f"rises with {name}" if raises(one.slope) else "not shown"
