# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Theorem 1: what a linear model leaves unknown
#
# A model releases $y = Wx$. How well can anybody, knowing $W$ and the law of $x$, reconstruct $x$?
# This notebook derives the answer in words, computes it by three routes that share no code, and
# draws it against the rank of $W$.
#
# | statement | whose |
# |---|---|
# | ideal inversion attacker and ideal inversion error (IIE); the error falls as the rank rises | the paper's: Yu et al., KDD 2026, [arXiv 2410.05814](https://arxiv.org/abs/2410.05814) |
# | assumptions A1 to A3, the form for a general covariance $S$, the derivation | ours: the paper's proof was not available to us |
# | most and least leaking filter | ours (Ky Fan's maximum principle) |
# | random filter | Dereziński, Liang, Mahoney 2020, applied by us |
#
# **A1** $x \sim N(\mu, S)$ in $\mathbb R^d$. **A2** $y = Wx$, without noise. **A3** the error is
# squared, $E\|x - A(y)\|^2$.

# %%
# %matplotlib inline
import numpy as np
from IPython.display import Markdown

import iie
from iie import plots

rng = np.random.default_rng(0)

# %% [markdown]
# ## The derivation in words
#
# **1. The best attacker is the posterior mean.** Let $A^*(y) = E[x \mid y]$. What it gets wrong is
# uncorrelated with everything that can be computed from $y$, so for any other attacker $A$ the mixed
# term vanishes:
#
# $$E\|x - A(y)\|^2 = E\|x - A^*(y)\|^2 + E\|A^*(y) - A(y)\|^2 .$$
#
# **2. For a Gaussian it is affine.** $A^*(y) = \mu + G\,(y - W\mu)$, where $G$ has to make the error
# uncorrelated with $y$: $(I - GW)\,S W^\top = 0$. With the pseudo-inverse this is
# $G = S W^\top (W S W^\top)^+$.
#
# **3. Its error is a trace.** $\mathrm{Cov}(x \mid y) = S - S W^\top (W S W^\top)^+ W S$ is the same
# for every $y$, so
#
# $$\mathrm{IIE}(W; S) = \operatorname{tr} S - \operatorname{tr}\!\big(S W^\top (W S W^\top)^+ W S\big)
#   = \operatorname{tr}\!\big(S^{1/2} (I - \Pi)\, S^{1/2}\big),$$
#
# $\Pi$ the orthogonal projector on the row space of $W S^{1/2}$. Only that space matters: neither the
# scale of $W$, nor its bias, nor $\mu$.
#
# **4. Equal variances.** For $S = s^2 I$ the trace of a projector is its rank, and
# $\mathrm{IIE} = s^2\,(d - \operatorname{rank} W)$: each further rank takes the same $s^2$.
#
# `python -m proofs` derives each step in exact symbols; `proofs/README.md` says in which generality.

# %% [markdown]
# ## Three routes to one number
#
# *Exact*: rational arithmetic, without rounding. *Closed form*: float64, by singular values. *Simulated*:
# draw $x$, release $y$, let the ideal attacker answer, average the squared error; the standard error
# says how far off chance may take it.

# %%
S = np.array([[4.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 1.0]])
W = np.array([[1.0, 1.0, 0.0]])

exact = iie.rational_inversion_error(S, W)
closed = iie.ideal_inversion_error(S, W)
attacker = iie.ideal_attacker(S, W)
simulated = iie.attack_error(attacker, S, W, samples=100_000, rng=rng)

print(f"exact        {exact.total} = {float(exact.total):.12f}   rank {exact.rank}")
print(f"closed form  {closed.total:.12f}          rank {closed.rank}, kind: {closed.kind}")
print(f"simulated    {simulated.mean:.4f} ± {simulated.sem:.4f}      {simulated.n:,} attacks")
print("\n".join(closed.assumptions))

# %% [markdown]
# By hand: $S w = (5, 3, 1)$, $w^\top S w = 8$, so $\mathrm{IIE} = 7 - (25 + 9 + 1)/8 = 21/8$. The same
# comparison on harder cases, as `python -m iie theorem1` prints it:


# %%
def row(agreement: iie.Agreement) -> str:
    """One case by three routes, as a line of a table."""
    W, drawn = agreement.case.weight, agreement.simulated
    return (
        f"| {agreement.case.prior} | {W.shape[1]} | {agreement.exact.rank} "
        f"| {float(agreement.rational):.10g} | {agreement.exact.total:.10g} "
        f"| {drawn.mean:.5g} ± {drawn.sem:.2g} | {agreement.mean_off:+.1f} "
        f"| {'yes' if agreement.agrees else '**no**'} |"
    )


results = [iie.compare(case, samples=20_000, rng=rng) for case in iie.theorem_1_cases(rng)]
head = "| prior | d | rank | exact | closed form | simulated | off by (s.e.) | agree |"
display(Markdown("\n".join([head, "|---" * 8 + "|", *map(row, results)])))
assert all(result.agrees for result in results)

# %% [markdown]
# No other attacker does better. The pseudo-inverse $W^+ y$ knows the model but not the law of $x$:

# %%
guess = iie.attack_error(iie.pinv_attacker(W), S, W, samples=100_000, rng=rng)
print(f"ideal attacker   {simulated.mean:.3f} ± {simulated.sem:.3f}")
print(f"pseudo-inverse   {guess.mean:.3f} ± {guess.sem:.3f}")

# %% [markdown]
# ## IIE against rank
#
# One more row never raises the IIE, but what it takes depends on where it looks. With the
# eigenvalues $l_1 \ge \dots \ge l_d$ of $S$, every $W$ of rank $r$ lies between two filters (ours):
#
# $$\sum_{i > r} l_i \;\le\; \mathrm{IIE} \;\le\; \sum_{i \le d - r} l_i ,$$
#
# the *most leaking* one, whose rows are the top $r$ eigenvectors, and the *least leaking* one, whose rows
# are the bottom $r$. A *random* filter, iid Gaussian rows, leaves about $r\,k$ with
# $\sum_i l_i / (l_i + k) = r$.
#
# The fourth curve is a given $W$, cut to its $r$ largest singular values: 256 edge detectors (Gabor
# patches) of many sizes, places and directions, as the first layer of a vision network learns them.

# %%
SIZE = 32


def edge_detectors(count: int) -> np.ndarray:
    """Gabor patches on a periodic grid, one a row, each of norm 1."""
    axis = np.arange(SIZE) - SIZE / 2
    y, x = np.meshgrid(axis, axis, indexing="ij")
    patches = []
    for _ in range(count):
        width, angle, phase = np.exp(rng.uniform(0, 2)), *rng.uniform(0, 2 * np.pi, 2)
        wave = np.cos((x * np.cos(angle) + y * np.sin(angle)) / width * 2 + phase)
        patch = wave * np.exp(-(x**2 + y**2) / (2 * width**2))
        patch = np.roll(patch, rng.integers(SIZE, size=2), axis=(0, 1)).ravel()
        patches.append(patch / np.linalg.norm(patch))
    return np.array(patches)


edges = edge_detectors(256)
shown = edges[:8].reshape(1, 8, SIZE, SIZE)
display(
    plots.picture_grid(
        0.5 + shown / (2 * np.abs(shown).max(axis=(2, 3), keepdims=True)),
        [[""] * 8],
        rows=["rows of W"],
        columns=[f"row {i}" for i in range(1, 9)],
        note="Eight of the 256 rows, each scaled to its own largest weight; gray is zero.",
    )
)

# %%
NOTE = (
    "A1 x is Gaussian with this covariance; A2 y = W x, no noise; A3 squared error. Most and least "
    "leaking: exact, ours (Ky Fan). Random filter: Derezinski, Liang, Mahoney 2020. Crosses: the "
    "ideal attacker simulated on 400 images; bars: 5 standard errors."
)
POWERS = 2 ** np.arange(SIZE.bit_length() * 2 - 1)
RANKS = np.union1d(POWERS, np.rint(np.geomspace(1, SIZE**2, 120)).astype(int))


def curves(prior: iie.Covariance, title: str, log: bool) -> iie.RankCurve:
    """Draw the four curves, and simulated attacks on the fourth."""
    curve = iie.rank_curve(prior, edges, ranks=[0, *RANKS])
    V = np.linalg.svd(edges, full_matrices=False).Vh
    tried = np.array([1, 4, 16, 64, 128, 256])
    attacks = [
        iie.attack_error(iie.ideal_attacker(prior, V[:r]), prior, V[:r], samples=400, rng=rng)
        for r in tried
    ]
    for r, attack in zip(tried, attacks, strict=True):
        exact = curve.truncated[np.flatnonzero(curve.ranks == r)[0]]
        assert abs(attack.mean - exact) < 5 * attack.sem
    r, inside = curve.ranks.astype(float), curve.ranks <= len(edges)
    lines = [
        plots.Line("least leaking filter", r, curve.least_leaking / curve.variance),
        plots.Line("random filter", r, curve.random / curve.variance),
        plots.Line("most leaking filter", r, curve.most_leaking / curve.variance),
        plots.Line("edge detectors, cut", r[inside], curve.truncated[inside] / curve.variance),
    ]
    picture = plots.rank_figure(lines, title=title, note=NOTE)
    axis = picture.axes[0]
    axis.errorbar(
        tried,
        [attack.mean / curve.variance for attack in attacks],
        [5 * attack.sem / curve.variance for attack in attacks],
        fmt="kx",
        label="simulated attack on them",
    )
    if not log:
        axis.set_xscale("linear")
    axis.legend(frameon=False, fontsize=9)
    display(picture)
    return curve


flat = curves(iie.IsotropicCovariance(1.0, SIZE**2), f"isotropic, d = {SIZE**2:,}", log=False)

# %% [markdown]
# **Isotropic.** All four coincide on the straight line $s^2 (d - r)$: only the rank counts. This is the
# case in which rank alone tells how much a model leaks.

# %%
natural = iie.StationaryCovariance.natural_images((SIZE, SIZE, 1))
steep = curves(natural, f"natural images, {SIZE} x {SIZE}, power 1/f² (Field 1987)", log=True)

# %%
print("rank   most leaking   edges   random   least leaking     (relative IIE)")
for r in (1, 4, 16, 64, 256):
    i = np.flatnonzero(steep.ranks == r)[0]
    values = (steep.most_leaking, steep.truncated, steep.random, steep.least_leaking)
    most, own, random, least = (value[i] / steep.variance for value in values)
    print(f"{r:4}   {most:12.3f}   {own:5.3f}   {random:6.3f}   {least:13.3f}")
place = iie.position(natural, edges)
print(f"\nall 256 edge detectors: {place.position:.2f} of the way from most to least leaking,")
print(f"a random filter of that rank: {place.random_position:.2f}")

# %% [markdown]
# **Natural images.** Their variance sits in few coarse waves. A filter that looks there leaves little after
# a handful of rows; one that looks at the finest detail tells almost nothing with hundreds. So rank
# bounds the leak (no filter of rank $r$ gets below the lowest line), but between the two lines
# the direction decides. Where a filter lies is a number, `iie.position`. How the choice can be made is
# the subject of `03_design`.
