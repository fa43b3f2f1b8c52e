"""The conclusion: it claims what the intervals show and no more, whatever the table."""

import re

import numpy as np
import polars as pl
import pytest
from attacked_tables import NORMED, PLAIN, cut, drawn, loft, rows_with, table_of, weighted
from hypothesis import given
from hypothesis import strategies as st

from loft_jax.findings.effects import lowers, protects, raises
from loft_jax.findings.sentence import conclusion
from loft_jax.findings.wording import kind_name, listed, listed_defenses, priors_differ, signed
from loft_jax.findings.worst_case import worst_cases
from loft_jax.metrics.interval import Interval

KNOWS = {"adaptive": "pre-code"}
DEFENSES = (loft(4), loft(32), cut(8), loft(64, remark="there are only 40 directions"))
TINY = 0.002


def said(table):
    return " ".join(part for paragraph in conclusion(table) for part in paragraph if part)


def world(cases, *, seeds=3, classes=12, **setting):
    """A table of (setting, probability of a hit, test accuracy)."""
    rng = np.random.default_rng(0)
    parts = []
    for own, probability, accuracy in cases:
        hits = drawn(probability, rng, seeds=seeds, classes=classes)
        noisy = accuracy + TINY * rng.standard_normal(seeds)
        parts.append(rows_with(hits, accuracy=noisy, **{**own, **setting}))
    return table_of(*parts)


def named_in(pattern, text):
    """Defenses that sentences of this form speak of."""
    found = []
    for names in re.findall(pattern, text):
        for name in re.split(", and |, | and ", names):
            # "LoFt rank 4, 8 and 16": what they begin with is said once.
            start = found[-1].rpartition(" ")[0] + " " if name.isdecimal() else ""
            found.append(start + name)
    return sorted(found)


@st.composite
def sweeps(draw):
    share = st.sampled_from([0.05, 0.4, 0.6, 0.9])
    cases = [(PLAIN, draw(share), 0.9)]
    if draw(st.booleans()):
        cases.append(({**PLAIN, **KNOWS}, draw(share), 0.9))
    kinds = st.lists(st.sampled_from(DEFENSES), min_size=1, unique_by=lambda one: one["label"])
    for head in draw(kinds):
        accuracy = draw(st.sampled_from([0.9, 0.8]))
        cases.append((head, draw(share), accuracy))
        if draw(st.booleans()):
            cases.append(({**head, **KNOWS}, draw(share), accuracy))
    return cases, draw(st.sampled_from([1, 3]))


@given(sweeps())
def test_defenses_are_said_to_protect_if_and_only_if_every_interval_lies_below_zero(sweep):
    cases, seeds = sweep
    table = world(cases, seeds=seeds, classes=8)
    text = said(table)
    heads = {one.setting["label"]: one for one in worst_cases(table)}
    low = {name for name, one in heads.items() if lowers(one.corrected)}
    # What has no more than so many directions cannot lower anything, whatever was measured.
    safe = sorted(name for name in low if name != "LoFt rank 64")
    assert safe == sorted(name for name, one in heads.items() if protects(one))
    assert named_in("fewer people in (.+?) than in the plain head", text) == safe
    assert named_in("[Nn]o protection is shown for (.+?):", text) == sorted(heads.keys() - low)
    assert named_in("[Nn]o protection is claimed for (.+?), although", text) == sorted(
        low - set(safe)
    )
    why = "LoFt rank 64: there are only 40 directions."
    assert (why in text) == ("LoFt rank 64" in heads)
    worse = [name for name, one in heads.items() if raises(one.corrected)]
    assert named_in("more people in (.+?) than in the plain head", text) == sorted(worse)
    known = {own["label"] for own, *_ in cases if own["baselines"] and "adaptive" in own}
    blind = named_in("An attacker who knows the defense was not tried on (.+?)\\.", text)
    if not known:
        assert "An attacker who knows the defense was not tried." in text
    else:
        assert blind == sorted(heads.keys() - known)
    for name in safe:
        (told,) = re.findall(f"For {name}, .*?; (.*?)\\. ", text + " ")
        cost = heads[name].utility
        if cost.low is None:
            assert told.startswith("test accuracy changes by")
            assert told.endswith("(one seed, so no interval)")
        elif lowers(cost) or raises(cost):
            assert told == f"test accuracy changes by {signed(cost)}"
        else:
            assert told == f"no change of test accuracy is shown, {signed(cost)}"
    assert ("There is one seed" in text) == (seeds == 1)
    for sentence in re.split(r"(?<=\.) ", text):
        assert re.fullmatch(r"[A-Z](?:(?!  |None|nan|\n).)*\.", sentence), sentence


def test_what_only_an_attacker_without_knowledge_loses_is_no_protection():
    text = said(world([(PLAIN, 0.9, 0.9), (loft(4), 0.1, 0.9), (loft(4, **KNOWS), 0.9, 0.9)]))
    assert re.sub(r"0\.\d\d", "0.NN", text) == (
        "On faces (small_cnn), no protection is shown for LoFt rank 4: Acc@1 falls under the "
        "attacks that do not know the defense, but is not shown to fall under the strongest. The "
        "strongest is chosen among different numbers of attacks: 2 on LoFt rank 4 and 1 on its "
        "baseline. A fall of about 0.NN in LoFt rank 4 would be shown in four of five such sweeps."
    )


def test_the_drop_under_the_strongest_attack_and_the_cost_are_told():
    table = world(
        [(PLAIN, 0.9, 0.9), (loft(4), 0.05, 0.8), (loft(4, **KNOWS), 0.3, 0.8)], classes=20
    )
    (worst,) = worst_cases(table)
    told = f"Acc@1 changes by {signed(worst.leakage)} under gmi (pre-code) against gmi on the plain"
    assert told in said(table)
    assert "test accuracy changes by -0.10" in said(table)


def test_an_attack_that_is_weak_on_every_head_speaks_against_none():
    cases = [(PLAIN, 0.9, 0.9), ({**PLAIN, **KNOWS}, 0.1, 0.9)]
    cases += [(loft(4), 0.1, 0.9), (loft(4, **KNOWS), 0.1, 0.9)]
    assert "finds fewer people in LoFt rank 4 than in the plain head" in said(world(cases))


def test_what_is_found_has_the_name_that_the_pictures_give_it():
    table = world([(PLAIN, 0.9, 0.9), (loft(4), 0.1, 0.9)], noun="digits")
    assert "finds fewer digits in LoFt rank 4 than in the plain head" in said(table)


def test_each_defense_is_set_beside_its_own_baseline():
    """An edited trunk keeps its name, and a defense of another kind has no rank (A15)."""
    normed = loft(8, "BatchNorm first")
    cases = [(PLAIN, 0.9, 0.9), (NORMED, 0.9, 0.9), (weighted(0.5), 0.1, 0.9), (normed, 0.1, 0.9)]
    text = said(world(cases))
    assert "finds fewer people in MID weight 0.5 than in the plain head." in text
    other = "fewer people in LoFt rank 8 (BatchNorm first) than in the plain head (BatchNorm first)"
    assert other in text
    assert "on the plain head (BatchNorm first)" not in text.partition("For MID")[2].split(";")[0]


def test_defenses_are_listed_by_kind():
    cases = [(PLAIN, 0.9, 0.9), *((loft(rank), 0.1, 0.9) for rank in (8, 16, 32))]
    text = said(world([*cases, (weighted(0.5), 0.1, 0.9), (weighted(2), 0.1, 0.9)]))
    assert "in LoFt rank 8, 16 and 32, and MID weight 0.5 and 2 than in the plain head" in text
    assert "From weight 0.5 to 2, " in text
    assert "From rank 8 to 32, " in text


def test_the_strongest_prior_decides_and_each_is_told_alone():
    one = world([(PLAIN, 0.9, 0.9), (loft(4), 0.1, 0.9)], prior="faces")
    other = world([(PLAIN, 0.5, 0.9), (loft(4), 0.5, 0.9)], prior="gan")
    text = said(pl.concat([one, other]))
    assert "With prior faces alone, it is shown that fewer people are found in LoFt rank 4." in text
    assert "With prior gan alone, it is not shown for LoFt rank 4." in text
    reverse = world([(PLAIN, 0.1, 0.9), (loft(4), 0.9, 0.9)], prior="gan")
    text = said(pl.concat([one, reverse]))
    assert "fewer people in" not in text.partition("With prior")[0]


def test_defenses_without_a_baseline_are_named_and_not_judged():
    text = said(world([(loft(4), 0.5, 0.9), (loft(4, **KNOWS), 0.5, 0.9)]))
    assert text == (
        "On faces (small_cnn), these attacks were not made on a baseline with the same seeds and "
        "classes to compare with: LoFt rank 4 under gmi and gmi (pre-code)."
    )
    mixed = pl.concat([world([(PLAIN, 0.9, 0.9)]), world([(loft(4), 0.1, 0.9)], attack="ppa")])
    assert "to compare with: LoFt rank 4 under ppa." in said(mixed)


def test_baselines_alone_and_empty_tables_show_nothing():
    alone = world([(PLAIN, 0.5, 0.9)])
    assert "only the plain head was attacked, so nothing is shown" in said(alone)
    assert said(table_of()) == "No attack is finished."


def test_pictures_and_trunks_have_their_own_sentences():
    cases = [(PLAIN, 0.9, 0.9), (loft(4), 0.1, 0.9)]
    text = said(pl.concat([
        world(cases), world(cases, trunk="resnet18"), world(cases, data="digits", fingerprint="d0")
    ]))  # fmt: skip
    for where in ("On faces (small_cnn),", "On faces (resnet18),", "On digits (small_cnn),"):
        assert text.count(where) == 1
    two = said(pl.concat([world(cases), world(cases, fingerprint="f1")]))
    assert "On faces f0 (small_cnn)," in two
    assert "On faces f1 (small_cnn)," in two


@pytest.mark.parametrize(("probability", "shown"), [(0.9, True), (0.1, False)])
def test_a_slope_is_told_only_where_its_interval_leaves_zero_out(probability, shown):
    text = said(world([(PLAIN, 0.9, 0.9), (loft(4), 0.1, 0.9), (loft(32), probability, 0.9)]))
    rises = "From rank 4 to 32, each doubling of the rank changes Acc@1 of LoFt by +0."
    flat = "From rank 4 to 32, no change of Acc@1 of LoFt is shown under gmi."
    assert (rises in text, flat in text) == (shown, not shown)


def test_one_seed_speaks_of_its_models_alone():
    cases = [(PLAIN, 0.9, 0.9), (loft(4), 0.1, 0.9)]
    alone = "There is one seed: intervals are of these models, over classes only"
    assert alone in said(world(cases, seeds=1))
    assert alone not in said(world(cases, seeds=3))
    assert "One seed and one class leave no interval." in said(world(cases, seeds=1, classes=1))


def test_no_verdict_rests_on_judges_that_are_withheld():
    why = "no verdict may rest on these judges: A names 0.32 of real held-out pictures"
    table = world([(PLAIN, 0.9, 0.9), (loft(4), 0.05, 0.9)])
    assert "finds fewer people in LoFt rank 4" in said(table)
    text = said(table.with_columns(withheld=pl.lit(why)))
    assert text.startswith("On faces (small_cnn), no verdict is given on LoFt rank 4. N" + why[1:])
    assert "fewer people" not in text
    assert "o protection is" not in text
    # One side is enough: the baseline's Acc@1 stands in the difference too.
    half = pl.when(pl.col("defense") == "none").then(pl.lit(why))
    assert "fewer people" not in said(table.with_columns(withheld=half))


def test_heads_are_corrected_for_their_number():
    # One head alone is shown; beside twenty others that differ by nothing it is not.
    hits = np.tile([0.75, 1.0], (3, 12))
    fewer = hits - 0.2 * np.array([[1.4] * 24, [0, 1, 2, 1] * 6, [1.6, 0.6, -0.4, 0.6] * 6])
    alone = [rows_with(hits), rows_with(fewer, **loft(4))]
    many = [rows_with(hits, **loft(rank)) for rank in range(5, 25)]
    (one,) = worst_cases(table_of(*alone))
    first = next(o for o in worst_cases(table_of(*alone, *many)) if o.setting["strength"] == 4)
    assert one.corrected == one.leakage == first.leakage
    assert lowers(one.corrected)
    assert not lowers(first.corrected)
    assert protects(one)
    assert not protects(first)


def test_trends_leave_out_heads_that_do_not_classify():
    cases = [(PLAIN, 0.9, 0.9), (loft(4), 0.05, 0.3), (loft(16), 0.1, 0.87), (loft(64), 0.9, 0.9)]
    text = said(world(cases))
    assert "From rank 16 to 64, each doubling" in text
    assert (
        "Left out of that trend: rank 4, whose test accuracy is more than 0.05 below the "
        "baseline's."
    ) in text


def test_names_and_numbers_in_words():
    assert kind_name(loft(8)) == "LoFt"
    assert kind_name(loft(8, "relu")) == "LoFt (relu)"
    assert kind_name(PLAIN) == "plain head"
    assert signed(Interval(-0.12, -0.2, 0.05, 9)) == "-0.120 (-0.200 to +0.050)"
    assert signed(Interval(0.5, None, None, 1)) == "+0.500"
    assert not priors_differ([{"attack": "ppa", "prior": "law"}, {"attack": "gmi", "prior": "gan"}])
    assert priors_differ([{"attack": "ppa", "prior": "law"}, {"attack": "ppa", "prior": "gan"}])
    normed = [loft(8, "BatchNorm first"), loft(4, "BatchNorm first")]
    told = "LoFt rank 4 and 8, and LoFt rank 8 and 4 (BatchNorm first), and SVD cut rank 4"
    assert listed_defenses([loft(4), loft(8), *normed, cut(4)]) == told
    assert listed_defenses([PLAIN]) == "plain head"
    assert listed_defenses([loft(8), normed[0], cut(4)]) == (
        "LoFt rank 8, LoFt rank 8 (BatchNorm first) and SVD cut rank 4"
    )
    assert [listed(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


def test_where_nothing_is_shown_it_says_what_would_have_been():
    seeds, classes, rng = 3, 24, np.random.default_rng(1)
    table = world([(PLAIN, 0.9, 0.99), (loft(64), 0.9, 0.99)], seeds=seeds, classes=classes)
    (fall,) = map(float, re.findall(r"A fall of about (0\.\d+) in LoFt rank 64", said(table)))
    poor = table.with_columns(withheld=pl.lit("no verdict may rest on these judges: x is poor"))
    assert "A fall of about" not in said(poor)
    shown = 0
    for _ in range(60):
        before = rows_with(drawn(0.9, rng, seeds=seeds, classes=classes), accuracy=0.99, **PLAIN)
        after = rows_with(
            drawn(0.9 - fall, rng, seeds=seeds, classes=classes), accuracy=0.99, **loft(64)
        )
        (one,) = worst_cases(table_of(before, after))
        shown += lowers(one.corrected)
    assert 0.6 < shown / 60 < 0.97  # 0.8, within what a plan by the normal law is worth


def test_a_searched_attack_knows_the_defense():
    searched = {"attack": "strongest", "adaptive": "searched"}
    table = world([({**PLAIN, **searched}, 0.9, 0.99), ({**loft(8), **searched}, 0.1, 0.99)])
    assert "was not tried" not in said(table)
    assert "under strongest (searched)" in said(table)


def test_the_judge_who_never_saw_the_people_is_heard_beside_the_evaluators():
    table = world([(PLAIN, 0.9, 0.9), (loft(4), 0.9, 0.9), (loft(32), 0.9, 0.9)])
    assert "never saw" not in said(table)
    low = pl.when(pl.col("strength") == 4).then(0.2).otherwise(0.9)
    noise = pl.Series(np.random.default_rng(1).uniform(-0.05, 0.05, len(table)))
    text = said(table.with_columns((low + noise).alias("independent_verification")))
    assert "no protection is shown for LoFt rank 4 and 32" in text
    fall = re.search(r"that never saw these people verifies a smaller share .*: (-0.\d+) ", text)
    assert fall is not None
    assert float(fall[1]) == pytest.approx(0.2 - 0.9, abs=0.03)
    assert "in LoFt rank 4. In LoFt rank 32 the judge that never saw these people is not" in text


def witnessed(verified, strangers, real, *, classes=24):
    """Rank 8 hides by the evaluators; of the plain head the other judge says this."""
    rng = np.random.default_rng(0)
    parts = []
    for own, probability in ((PLAIN, 0.9), (loft(8), 0.3)):
        rows = rows_with(drawn(probability, rng, classes=classes), **own)
        for row in rows:
            turn = row["class"] / classes
            row |= {
                "independent_verification": float(turn < verified),
                "independent_lookalike_verification": float(turn < strangers),
                "independent_real_verification": real,
            }
        parts.append(rows)
    return table_of(*parts)


FOOLED = "attack drew from the plain head, the judge that never saw these people verifies"


@pytest.mark.parametrize(
    ("verified", "strangers", "real", "fooled"),
    [
        (0.0, 0.0, 0.7, True),  # nobody is recognised, though real pictures are
        (0.5, 0.5, 0.9, True),  # no more than strangers
        (0.9, 0.0, 0.9, False),  # the attack does find likeness
        (0.0, 0.0, 0.2, False),  # a judge that knows no real picture says nothing
        (0.0, 0.0, None, False),  # not asked
    ],
)
def test_evaluators_are_not_believed_where_another_judge_recognises_nobody(
    verified, strangers, real, fooled
):
    (paragraph,) = conclusion(witnessed(verified, strangers, real))
    assert "finds fewer people in LoFt rank 8 than in the plain head" in paragraph.lead
    assert (FOOLED in paragraph.lead) == fooled


def test_what_the_other_judge_said_stands_with_its_interval():
    (paragraph,) = conclusion(witnessed(0.0, 0.0, 0.725))
    # Wilson's upper end of 0 of 24 people, t^2 / (24 + t^2) with Student's t at 23 degrees: 2.069.
    assert "verifies 0.00 (0.00 to 0.15), not shown" in paragraph.lead
    assert "of real pictures it verifies 0.72" in paragraph.lead


def test_one_attack_that_finds_likeness_is_enough_to_believe_evaluators():
    fooled = witnessed(0.0, 0.0, 0.7)
    weak = witnessed(0.9, 0.0, 0.7).with_columns(
        attack=pl.lit("vmi"), accuracy_at_1=pl.col("accuracy_at_1") / 8
    )
    (paragraph,) = conclusion(pl.concat([fooled, weak]))
    assert FOOLED not in paragraph.lead
