# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What a filter leaks, as pictures
#
# The ideal attacker knows the model $W$ and the law of the images, sees $y = Wx$, and answers with the
# posterior mean: nobody reconstructs better on average. Here are its answers, beside the original.
#
# | statement | whose |
# |---|---|
# | the ideal attacker and its error for a linear model | the paper's Theorem 1 (Yu et al., KDD 2026); form for general $S$ ours |
# | most, least leaking filter; fewest bits for an error | ours (Ky Fan; rate-distortion) |
# | power spectrum of natural images | Field 1987 |
#
# No photograph is used: the first pictures are draws from a Gaussian law with the spectrum of natural
# images, the second are the digits that scikit-learn carries.

# %%
# %matplotlib inline
import numpy as np
from sklearn.datasets import load_digits

import iie
from iie import plots

rng = np.random.default_rng(3)

# %% [markdown]
# ## Pictures with the statistics of natural images
#
# 64 x 64 pixels, mean 0.5, standard deviation 0.2 on a scale from 0 (black) to 1 (white). Three filters of
# each rank $r$: the $r$ coarsest waves (*most leaking*), $r$ *random* rows, the $r$ finest
# waves (*least leaking*).
#
# Below each picture: the PSNR of the ideal attacker's mean squared error, and the bits that such an
# error takes *at least*: no release of fewer bits, linear or not, allows anybody that error.

# %%
SIZE = 64
S = iie.StationaryCovariance.natural_images((SIZE, SIZE, 1), variance=0.2**2)
scenes = iie.Gaussian(S, mean=np.full(S.dim, 0.5))
waves = S.top(S.dim).vectors.T  # the coarsest first
spectrum = S.spectrum()
RANKS = (1, 4, 16, 64, 256, 1024)


def filters(r: int, eigenvectors: np.ndarray) -> dict[str, np.ndarray]:
    """Three filters of rank r, with rows of norm 1 (random: about 1)."""
    d = eigenvectors.shape[1]
    return {
        "most leaking": eigenvectors[:r],
        "random": rng.standard_normal((r, d)) / np.sqrt(d),
        "least leaking": eigenvectors[-r:],
    }


def told(error: iie.InversionError, spectrum: np.ndarray) -> str:
    """PSNR and the fewest bits that allow it."""
    bits = iie.rate(spectrum, error.total)
    return f"{error.psnr(1.0):.1f} dB\n≥ {bits:,.0f} bits"


# %%
original = scenes.sample(1, rng)[0]
unseen = iie.ideal_inversion_error(scenes, np.zeros((0, S.dim)))
names = list(filters(1, waves))
pictures = {name: [original] for name in names}
captions = {name: [f"nothing seen:\n{unseen.psnr(1.0):.1f} dB"] for name in names}
for r in RANKS:
    for name, W in filters(r, waves).items():
        guess = iie.ideal_attacker(scenes, W)((W @ original)[None])[0]
        pictures[name].append(guess)
        captions[name].append(told(iie.ideal_inversion_error(scenes, W), spectrum))

columns = ["original", *(f"r = {r:,}" for r in RANKS)]
display(
    plots.picture_grid(
        np.array([pictures[name] for name in names]).reshape(len(names), -1, SIZE, SIZE),
        [captions[name] for name in names],
        rows=names,
        columns=columns,
        note="A1 x is Gaussian with the spectrum of natural images; A2 y = W x, no noise; A3 squared "
        "error. PSNR of the mean squared error over the law, not of this picture.",
    )
)

# %% [markdown]
# With 64 of 4,096 numbers the most leaking filter tells where the scene is bright and where dark, with
# 1,024 nearly all that the eye sees; 1,024 numbers of the least leaking one still show next to nothing.
# A random filter, such as an untrained layer, is in between: it needs about four times as many numbers
# as the most leaking one for the same PSNR.
#
# The numbers are predictions. Simulated attacks on 200 fresh pictures agree:

# %%
for name, W in filters(64, waves).items():
    predicted = iie.ideal_inversion_error(scenes, W)
    attacker = iie.ideal_attacker(scenes, W)
    measured = iie.attack_error(attacker, scenes, W, samples=200, rng=rng)
    off = (measured.mean - predicted.total) / measured.sem
    print(
        f"{name:14} r = 64   predicted {predicted.total:8.3f}"
        f"   simulated {measured.mean:8.3f} ± {measured.sem:.3f}   off by {off:+.1f} s.e."
    )
    assert abs(off) < 5

# %% [markdown]
# ## Bits
#
# Without noise real numbers carry infinitely many bits, most of them about digits behind the comma. With
# noise of one gray level on each output (1/255) the count is finite: $I(x; y) = \tfrac12 \log_2 \det(I +
# N^{-1} W S W^\top)$. The line is the limit for *every* release, linear or not, from reverse water-filling:
# nothing can lie above it.

# %%
NOISE = 1 / 255**2
lines = []
for name in names:
    bits, psnr = [], []
    for r in RANKS[:-1]:
        release = iie.Linear(filters(r, waves)[name], noise=NOISE)
        bits.append(iie.bits_released(S, release))
        psnr.append(iie.ideal_inversion_error(scenes, release).psnr(1.0))
    lines.append(plots.Line(f"{name} filter", np.array(bits), np.array(psnr)))
levels = np.linspace(unseen.psnr(1.0) + 0.05, 26, 60)
needed = np.array([iie.bits_to_reach_psnr(spectrum, level, 1.0).bits for level in levels])
lines.append(plots.Line("limit for any release", needed, levels))

picture, axis = plots.figure()
plots.draw_lines(axis, lines)
axis.set_xscale("log")
axis.set(xlabel="bits released about the picture", ylabel="PSNR of the ideal attacker, dB")
axis.set_title("What bits buy: marks are r = 1, 4, 16, 64, 256", fontsize=11, loc="left")
plots.add_note(
    picture,
    "A1 x is Gaussian with the spectrum of natural images; A2 y = W x + e, noise of one gray level, "
    "rows of norm 1; A3 squared error. Limit: ours (data processing, "
    "rate-distortion).",
)
display(picture)

# %% [markdown]
# ## Digits
#
# The law is now *estimated*: mean and covariance of 1,400 digits, tried on the other 397. Digits are not
# Gaussian, so what is shown is the best **linear** attacker; a cleverer one can do better, and the
# numbers are upper bounds on the IIE. Below each picture: predicted and, in brackets, measured PSNR.

# %%
digits, labels = load_digits(return_X_y=True)
order = rng.permutation(len(digits))
train, test = np.split(digits[order] / 16, [1400])
covariance = iie.empirical_covariance(train)
law = iie.Gaussian(covariance, mean=train.mean(axis=0))
axes = covariance.top(64).vectors.T

original = test[np.flatnonzero(labels[order][1400:] == 4)[0]]
digit_ranks = (1, 2, 4, 8, 16, 32)
unseen = iie.ideal_inversion_error(law, np.zeros((0, 64)))
pictures = {name: [original] for name in names}
captions = {name: [f"nothing seen:\n{unseen.psnr(1.0):.1f} dB"] for name in names}
for r in digit_ranks:
    for name, W in filters(r, axes).items():
        attacker = iie.ideal_attacker(law, W)
        measured = -10 * np.log10(np.mean((test - attacker(test @ W.T)) ** 2))
        pictures[name].append(attacker((W @ original)[None])[0])
        error = iie.ideal_inversion_error(law, W)
        captions[name].append(f"{error.psnr(1.0):.1f} dB\n({measured:.1f} dB)")

display(
    plots.picture_grid(
        np.array([pictures[name] for name in names]).reshape(len(names), -1, 8, 8),
        [captions[name] for name in names],
        rows=names,
        columns=["original", *(f"r = {r}" for r in digit_ranks)],
        note="Prior: mean and covariance (Ledoit-Wolf) of 1,400 digits; the picture and the measured "
        "PSNR are of 397 others. Best linear attacker: an upper bound on the IIE.",
    )
)

# %% [markdown]
# The least leaking filter of rank 32 looks at the rim of the picture and at detail that digits hardly have:
# half of all dimensions are released, and the attacker answers with the mean digit. A filter that leaks
# little must still be of *use*: see `03_design`.
