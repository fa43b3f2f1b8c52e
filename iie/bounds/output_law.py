"""A law q fitted to what is released, against which every answer's law is measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from iie.bounds.densities import Density, fit_kernels, fit_mixture

LEADING = 32  # principal axes along which q may be more than Gaussian
COMPONENTS = (2, 4, 8, 16)


@dataclass(frozen=True)
class OutputLaw:
    """q: any density along the leading principal axes, independent Gaussians along the others.

    Attributes:
        name: what was fitted.
        mean: of f, "m", in units of the noise.
        axes: principal axes of f as columns, "m m" or "m q" where fewer carry any variance.
        lead: density along the first p axes; None is a Gaussian along all.
        p: number of leading axes.
        variances: of f + e along the other axes, "q - p".
    """

    name: str
    mean: Float64[np.ndarray, " m"]
    axes: Float64[np.ndarray, "m q"]
    lead: Density | None
    p: int
    variances: Float64[np.ndarray, " v"]

    def divergences(
        self, signals: Float64[np.ndarray, "n m"], rng: np.random.Generator
    ) -> Float64[np.ndarray, " n"]:
        """KL(N(f, I) || q) of each row f, in nats.

        In closed form along Gaussian axes, with one antithetic pair of noises, so without bias,
        along the others.
        """
        centred = signals - self.mean
        z = centred @ self.axes
        # Outside the axes q is N(0, I): what a sample has there counts in full.
        outside = np.sum(centred**2, axis=1) - np.sum(z**2, axis=1)
        rest, v = z[:, self.p :], self.variances
        nats = np.sum(rest**2 / v, axis=1) + np.sum(1 / v - 1 + np.log(v)) + outside.clip(0)
        nats /= 2
        if self.lead is not None:
            e = rng.standard_normal((len(z), self.p))
            for noise in (e, -e):
                nats -= self.lead.log_density(z[:, : self.p] + noise) / 2
            nats -= np.sum(e**2, axis=1) / 2
        return nats


Fit = Callable[[Float64[np.ndarray, "n m"], np.random.Generator], OutputLaw]


def fits(n: int, m: int) -> Iterator[Fit]:
    """Ways to fit a law to n samples of m numbers, from the simplest on."""
    yield lambda signals, _: _law("a Gaussian", signals, None)
    for k in COMPONENTS:
        if 10 * k * min(m, LEADING) <= n:  # a covariance wants some samples for each axis
            yield lambda signals, rng, k=k: _law(
                f"a mixture of {k} Gaussians", signals, lambda lead: fit_mixture(lead, k, rng)
            )
    yield lambda signals, _: _law("the samples' own law", signals, fit_kernels)


def _law(
    name: str,
    signals: Float64[np.ndarray, "n m"],
    fit: Callable[[Float64[np.ndarray, "n p"]], Density] | None,
) -> OutputLaw:
    mean = signals.mean(axis=0)
    _, s, Vt = np.linalg.svd(signals - mean, full_matrices=False)
    spread, axes = s**2 / len(signals), Vt.T
    if fit is None:
        return OutputLaw(name, mean, axes, None, 0, 1 + spread)
    p = min(LEADING, len(spread))
    lead = fit((signals - mean) @ axes[:, :p])
    return OutputLaw(name, mean, axes, lead, p, 1 + spread[p:])
