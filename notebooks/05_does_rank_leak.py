# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Is rank what leaks?
#
# The paper joins two things by an argument: what a *code* tells of its features (the ideal inversion error,
# IIE, which rises as rank falls), and what an *attack* finds of a person whom a network was trained on. They
# are different threats, so the argument can be tested: take heads of **one rank** that leak unlike by the
# theory, and see whether attacks agree.
#
# | heads of rank 64, 16 and 8 | how |
# |---|---|
# | LoFt | trained through the bottleneck |
# | SVD cut | the plain head's weight cut afterwards |
# | random cut | r random directions of the features, classes told behind them |
# | LDA cut | the r numbers that tell most of the class |
# | least-leaking cut | the r numbers that tell least of the features and nine tenths of that class signal |
#
# | statement | whose |
# |---|---|
# | a lower rank leaks less, by the IIE | the paper's: Yu et al., KDD 2026, [arXiv 2410.05814](https://arxiv.org/abs/2410.05814) |
# | the test: partial correlations at equal rank and accuracy, intervals over seeds | ours |
#
# `python -m loft_jax.reproduce table-theory` makes the heads at three lengths of training and attacks them.
# Without its result the cell below makes a **smoke**: 8 people, two epochs, five steps of attack.

# %%
# %matplotlib inline
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

import loft_jax

RESULT = Path("../runs/reproduce/table-theory/theory.json")
smoke = not RESULT.exists()
if smoke:
    made = loft_jax.reproduce("table-theory", quick=True, seeds=(0,), out="../runs/theory-smoke")
    RESULT = made.folder / "theory.json"
told = json.loads(RESULT.read_text())
heads = told["heads"]
print(f"{'A SMOKE, NOT A FINDING. ' if smoke else ''}{len(heads)} heads")

# %% [markdown]
# ## One picture
#
# Each point is a head, its colour the rank. If rank alone leaked, points of one colour would lie at one
# height; if the IIE is what counts, all points lie on one falling curve, whatever their colour.

# %%
ranks = sorted({head["log2_rank"] for head in heads})
colours = dict(zip(ranks, ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), strict=False))
kinds = list(dict.fromkeys(head["kind"] for head in heads))
marks = dict(zip(kinds, "o^sDvP", strict=False))
figure, axes = plt.subplots(figsize=(7, 4.4))
for head in heads:
    axes.plot(
        head["feature_iie"],
        head["accuracy_at_1"],
        marks[head["kind"]],
        color=colours[head["log2_rank"]],
        alpha=0.3 + 0.7 * head["test_accuracy"],
    )
for kind, mark in marks.items():
    axes.plot([], [], mark, color="#777777", label=kind)
for rank, colour in colours.items():
    axes.plot([], [], "o", color=colour, label=f"rank {round(2**rank)}")
axes.set(xlabel="IIE of the features given the code", ylabel="people found (Acc@1)")
axes.set_title("A SMOKE, NOT A FINDING" if smoke else "faint: classifies little", fontsize=9)
axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
figure.tight_layout()

# %% [markdown]
# ## One sentence
#
# Partial correlations by another route than the command's: from the inverse of the correlation matrix, the
# rank held by its levels. The sentence is made from intervals over seeds alone.


# %%
def at_equal_rank(rows: list[dict], name: str, outcome: str) -> float | None:
    """Partial correlation, from the precision matrix of both numbers and the ranks' levels."""
    levels = [[float(row["log2_rank"] == rank) for rank in ranks[1:]] for row in rows]
    table = np.column_stack([[[row[name], row[outcome]] for row in rows], levels])
    varying = table[:, table.std(axis=0) > 0]
    if len(varying) < varying.shape[1] + 2 or varying.shape[1] < table.shape[1]:
        return None
    precision = np.linalg.pinv(np.corrcoef(varying.T))
    return float(-precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1]))


seeds = sorted({head["seed"] for head in heads})
each = [
    at_equal_rank([head for head in heads if head["seed"] == s], "feature_iie", "accuracy_at_1")
    for s in seeds
]
known = [one for one in each if one is not None]
(effect,) = [
    one["size"]
    for one in told["effects"]
    if (one["predictor"], one["outcome"], one["held"]) == ("feature_iie", "accuracy_at_1", "rank")
] or [None]
if effect is not None and len(known) == len(seeds):
    assert np.isclose(np.tanh(np.mean(np.arctanh(known))), effect["value"], atol=1e-6)
display(Markdown(("**A smoke, not a finding.** " if smoke else "") + told["conclusions"][0]))
