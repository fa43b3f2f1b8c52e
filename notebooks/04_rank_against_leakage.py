# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Rank against leakage: what a sweep shows, and what it does not
#
# The paper's claim is a curve: the lower the rank of the head, the fewer people an inversion attack finds,
# at almost the same accuracy. `python -m loft_jax.sweep` trains plain and LoFt heads, attacks them, and
# writes one table. This notebook reads the table and draws the curve anew, every number by another
# route than the command's.
#
# | statement | whose |
# |---|---|
# | low-rank heads (LoFt) are harder to invert at little cost | the paper's claim: Yu et al., KDD 2026, [arXiv 2410.05814](https://arxiv.org/abs/2410.05814) |
# | paired intervals over seeds and people, strongest attack against strongest attack, slope a doubling | ours; two-way random effects: Weerahandi 1993; trend: Page 1963 |
#
# Set `SWEEP` to your sweep's folder. Without one, the cell below makes a **smoke**: 8 people, two epochs,
# five steps of attack. It shows the path, and its numbers mean nothing.

# %%
# %matplotlib inline
import json
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from IPython.display import Markdown
from scipy import stats

from loft_jax.findings.sentence import conclusion
from loft_jax.findings.summary import summary
from loft_jax.findings.table import read_table
from loft_jax.findings.trends import strength_effects
from loft_jax.findings.worst_case import worst_cases
from loft_jax.metrics.crossed import share_difference, share_interval

SWEEP = Path("../runs/sweep")
smoke = not (SWEEP / "table.parquet").exists()
if smoke:
    SWEEP = Path("../runs/sweep-smoke")
    command = [sys.executable, "-m", "loft_jax.sweep", "--quick", "--seeds", "0"]
    subprocess.run([*command, "--out", str(SWEEP)], check=True, capture_output=True)

whole = read_table(SWEEP)
# One curve: of a sweep over several pictures, trunks, recipes or priors, the first of each.
first = whole.row(0, named=True)
ONE = ("data", "fingerprint", "trunk", "attack", "prior")
table = whole.filter(
    *(pl.col(name) == first[name] for name in ONE),
    pl.col("variant").eq(""),
    pl.col("defense").is_in(["none", "loft"]),
).with_columns(rank=pl.col("strength").cast(pl.Int64))
asked = json.loads((SWEEP / "sweep.json").read_text())["command"]
print(f"{'A SMOKE, NOT A FINDING. ' if smoke else ''}{asked}")
print(f"{len(table)} of {len(whole)} rows: an attacked person of an attacked model each")
print(", ".join(f"{name} {first[name]}" for name in ONE))
table.select(
    "label", "rank", "seed", "attack", "adaptive", "class", "accuracy_at_1", "test_accuracy"
)

# %% [markdown]
# ## The curve
#
# Acc@1 is the share of reconstructions that two classifiers, which the attacker never saw, take for the
# attacked person. Means are over people, then over seeds. Bars are 95 % intervals over both at once: a
# model that is trained anew, attacked on other people, could come out elsewhere within them.

# %%
SETTING = ["defense", "rank", "adaptive"]
means = (
    table.group_by([*SETTING, "seed"])
    .agg(pl.col("accuracy_at_1", "test_accuracy").mean())
    .group_by(SETTING)
    .agg(pl.col("accuracy_at_1", "test_accuracy").mean())
    .sort("rank", "adaptive", nulls_last=True)
)

for row in summary(table):  # the command's own numbers
    (own,) = means.filter(
        pl.col("defense").eq(row["defense"])
        & pl.col("rank").eq_missing(row["strength"])
        & pl.col("adaptive").eq(row["adaptive"])
    ).to_dicts()
    assert np.isclose(own["accuracy_at_1"], row["accuracy_at_1"])
    assert np.isclose(own["test_accuracy"], row["test_accuracy"])
display(means)

# %%
ranks = sorted(table["rank"].drop_nulls().unique())
places = {**{rank: np.log2(rank) for rank in ranks}, None: np.log2(ranks[-1]) + 1}
attacks = sorted(table["adaptive"].unique(), key=lambda name: (name != "none", name))
colours = dict(zip(attacks, ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), strict=False))


def outcomes(rank: int | None, adaptive: str) -> np.ndarray:
    """Acc@1 by seed and person [seeds, people]; empty if the head was not attacked that way."""
    rows = table.filter(pl.col("rank").eq_missing(rank) & pl.col("adaptive").eq(adaptive))
    wide = rows.pivot("class", index="seed", values="accuracy_at_1").sort("seed")
    return wide.drop("seed").to_numpy() if len(rows) else np.empty((0, 0))


figure, (upper, lower) = plt.subplots(2, 1, figsize=(7, 6), sharex=True, height_ratios=(1, 2))
for rank, x in places.items():
    accuracy = table.filter(pl.col("rank").eq_missing(rank)).group_by("seed").first()
    upper.plot([x] * len(accuracy), accuracy["test_accuracy"], "o", color="#555555", mfc="none")
    for i, adaptive in enumerate(attacks):
        hits = outcomes(rank, adaptive)
        if hits.size:
            mean, low, high, _ = share_interval(hits)
            lower.errorbar(
                x + 0.08 * (i - (len(attacks) - 1) / 2),
                mean,
                [[max(mean - low, 0)], [max(high - mean, 0)]],
                color=colours[adaptive],
                marker="*" if rank is None else "o",
                ms=9 if rank is None else 5,
                capsize=3,
                label="as it is" if adaptive == "none" else adaptive,
            )
nobody = table.filter(pl.col("rank").is_null())["lookalike_accuracy_at_1"].mean()
lower.axhline(nobody, color="#555555", ls=":", lw=1, label="strangers, no search, plain head")
lower.set_xticks(list(places.values()), ["plain" if r is None else str(r) for r in places])
lower.set(xlabel="rank of the head", ylabel="Acc@1", ylim=(-0.04, 1.04))
upper.set(ylabel="test accuracy, a ring a seed")
if smoke:
    upper.set_title("A SMOKE, NOT A FINDING", color="#B00020")
handles, labels = lower.get_legend_handles_labels()
named = dict(zip(reversed(labels), reversed(handles), strict=True))  # the first of each, a circle
lower.legend(named.values(), named.keys(), fontsize=8, frameon=False)
figure.tight_layout()

# %% [markdown]
# ## Head against head: the same people, the same seeds
#
# Some people are easily found whatever the head. Compared person by person, that drops out. Left: each dot
# a person, Acc@1 on the plain head (mean over seeds) against Acc@1 on the LoFt head of lowest rank, both
# under the attack as it is; below the diagonal the LoFt head hides the person better. Right: the difference
# for every rank, each side under *its* strongest attack, because an attacker takes what works best: chosen
# on every second person and measured on the others, both ways, or the choice would flatter itself.


# %%
def strongest(rank: int | None, among: list[str]) -> np.ndarray:
    """Outcomes of each person under the attack with the highest mean on the other half of people."""
    found = np.stack([outcomes(rank, name) for name in among])  # [attacks, seeds, people]
    chosen = np.empty_like(found[0])
    for half in (0, 1):
        best = found[:, :, 1 - half :: 2].mean((1, 2)).argmax()
        chosen[:, half::2] = found[best][:, half::2]
    return chosen


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
plain, low = outcomes(None, "none").mean(0), outcomes(ranks[0], "none").mean(0)
size, counts = np.unique(np.stack([plain, low]), axis=1, return_counts=True)
left.scatter(*size, s=30 * counts, color="#0072B2", alpha=0.6)
left.plot([0, 1], [0, 1], color="#999999", lw=1)
left.set(xlabel="plain head: Acc@1 of a person", ylabel=f"rank {ranks[0]}: Acc@1 of the person")

for rank in ranks:
    # In the table's order: of attacks that find as many the command takes the first.
    listed = table["adaptive"].unique(maintain_order=True)
    made = [name for name in listed if outcomes(rank, name).size]
    on_plain = [name for name in made if outcomes(None, name).size]
    mean, end, other, _ = share_difference(strongest(rank, made), strongest(None, on_plain))
    (case,) = (one for one in worst_cases(table) if one.setting["strength"] == rank)
    assert np.isclose(case.leakage.value, mean)
    x = np.log2(rank)
    right.errorbar(x, mean, [[mean - end], [other - mean]], color="#222222", marker="o", capsize=3)
    print(
        f"rank {rank:3}: {mean:+.3f} ({end:+.3f} to {other:+.3f})   95 % interval of this rank alone"
    )
right.axhline(0, color="#999999", lw=1)
right.set_xticks([np.log2(rank) for rank in ranks], [str(rank) for rank in ranks])
right.set(xlabel="rank", ylabel="change of Acc@1 against the plain head")
figure.tight_layout()

# %% [markdown]
# `summary.json` has these differences under `worst_cases`, and as `corrected` the intervals on which the
# verdict rests, which allow for the number of heads (Holm). A head whose interval holds zero is **not
# shown** to protect: that is not "shown not to".
#
# ## Does leakage rise with rank?
#
# One slope for the whole curve, the change of Acc@1 for each doubling of the rank, and Page's test of the
# order. Slopes by `numpy.polyfit`, the test by SciPy; the command has its own.

# %%
effects = strength_effects(table)
for effect in effects:
    adaptive = effect.setting["adaptive"]
    curve = np.stack([outcomes(rank, adaptive) for rank in effect.strengths], -1)
    slope = np.polyfit(np.log2(effect.strengths), curve.mean((0, 1)), 1)[0]
    ends = effect.slope
    assert np.isclose(slope, ends.value)
    page = ""
    if len(curve) > 1 and len(effect.strengths) > 2:
        page = f"   Page's p (asymptotic) {stats.page_trend_test(curve.mean(1)).pvalue:.4f}"
    print(
        f"{adaptive:17} {slope:+.3f} a doubling ({ends.low:+.3f} to {ends.high:+.3f})"
        f"   p by permutation {effect.p_value:.4f}{page}"
    )
if not effects:
    print("one rank has no slope")

# %% [markdown]
# ## And the theory?
#
# For each head, `python -m loft_jax.evaluate` computes the ideal inversion error of its code: the share of
# the *features'* variance that the best attacker cannot recover from the r numbers, for a linear head and
# Gaussian features. It bounds what comes back of the features, not of the picture, and says nothing about
# whether the *class* is hidden: a few numbers can be all that a person is recognised by.

# %%
figure, axes = plt.subplots(figsize=(6, 3.6))
for rank in ranks:
    rows = table.filter(pl.col("rank").eq(rank) & pl.col("adaptive").eq("none"))
    seeds = rows.group_by("seed").agg(pl.col("head_iie").first(), pl.col("accuracy_at_1").mean())
    axes.plot(seeds["head_iie"], seeds["accuracy_at_1"], "o", label=f"rank {rank}")
axes.set(xlabel="IIE of the features given the code, share of variance", ylabel="Acc@1, as it is")
axes.legend(fontsize=8, frameon=False)
figure.tight_layout()

# %% [markdown]
# ## What may be said
#
# The sentences below are made from the intervals alone. No effect is claimed whose interval holds zero.

# %%
for said in conclusion(table):
    warning = "**A smoke, not a finding.** " if smoke else ""
    display(Markdown(f"{warning}{said.lead}\n\n{said.rest}"))

# %% [markdown]
# * Three seeds leave wide intervals: with two degrees of freedom, Student's t asks for 4.3 standard errors.
#   More seeds narrow them: `python -m loft_jax.sweep --seeds 0 1 2 3 4 5` computes only the new ones.
# * The attacks are the ones in the table. A stronger attacker may come; a defense is only as good as the
#   strongest attack that was tried on it.
# * `python -m loft_jax.report` makes a page of the same table, with reconstructions, costs and settings.
