"""The attacker who answers with a plausible input instead of the best guess: x' ~ P(x | y)."""

from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.attackers.affine import AffineAttacker, ideal_attacker
from iie.error import factorisation
from iie.error.mixture import MixturePosterior
from iie.laws import Gaussian, Prior, StudentT, as_prior
from iie.records import Printed
from iie.releases import Linear, as_release


@dataclass(frozen=True, repr=False)
class PosteriorSampler(Printed):
    """Draws x' ~ P(x | y).

    Its error E||x - x'||^2 is exactly twice the IIE, for every prior and every release. For a
    Gaussian prior it draws an (x~, y~) from prior and model and returns x~ + G (y - y~), G the
    ideal gain (Matheron's rule): no d x d matrix is needed. A Student-t's posterior is that
    residual, stretched by how unusual y is.

    Attributes:
        prior: law of x.
        release: y = W x + b + e.
        attacker: the posterior mean.
        whitener: for a Student-t prior, takes y to coordinates with unit covariance; else None.
    """

    prior: Prior
    release: Linear
    attacker: AffineAttacker | MixturePosterior
    whitener: Float64[np.ndarray, "r m"] | None

    def __call__(self, y: ArrayLike, rng: Randomness = None) -> Float64[np.ndarray, "*n d"]:
        """One draw for each row of y, "n m", or for one y, "m"; `rng` is a generator or a seed.

        Raises:
            ValueError: if y is not real, or not of m numbers.
        """
        random = generator(rng)
        return checks.row_by_row("y", y, self.release.outputs, lambda y: self._draw(y, random))

    def _draw(
        self, y: Float64[np.ndarray, "n m"], rng: np.random.Generator
    ) -> Float64[np.ndarray, "n d"]:
        if isinstance(self.attacker, MixturePosterior):
            return self.attacker.sample(y, rng)
        x = Gaussian(self.prior.covariance, self.prior.mean).sample(len(y), rng)
        residual = x - self.attacker(self.release.released(x, rng))
        if isinstance(self.prior, StudentT) and self.whitener is not None:
            residual *= self._stretch(self.prior, self.whitener, y, rng)[:, None]
        return self.attacker(y) + residual

    def _stretch(
        self,
        prior: StudentT,
        whitener: Float64[np.ndarray, "r m"],
        y: Float64[np.ndarray, "n m"],
        rng: np.random.Generator,
    ) -> Float64[np.ndarray, " n"]:
        """sqrt((df - 2 + s) / c), s = ||whitened y||^2 and c ~ chi^2 with df + r degrees."""
        expected = self.release.multiply(prior.mean[None]) + self.release.bias
        surprise = np.sum(((y - expected) @ whitener.T) ** 2, axis=1)
        return np.sqrt((prior.df - 2 + surprise) / rng.chisquare(prior.df + len(whitener), len(y)))


def posterior_sampler(
    prior: Any, release: Any, *, cutoff: SupportsFloat | None = None
) -> PosteriorSampler:
    """The attacker that draws from the posterior.

    Args:
        prior: a prior, or its covariance.
        release: a Linear, or its weight; a Student-t prior allows no noise.
        cutoff: as for `ideal_inversion_error`.

    Raises:
        ValueError: as for `ideal_attacker`.

    Examples:
        >>> sampler = posterior_sampler([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0]])
        >>> draws = sampler(np.array([[3.0], [5.0]]), np.random.default_rng(0))
        >>> draws[:, 0].round(12)  # what y tells is kept; the rest is drawn
        array([3., 5.])

    Source: ours.   Proof: proofs/posterior_sampler.py, proofs/elliptical.py
    """
    law = as_prior(prior)
    attacker = ideal_attacker(law, release, cutoff=cutoff)
    out = as_release(release, law.dim)
    assert isinstance(out, Linear)  # `ideal_attacker` takes no other
    whitener = None
    if isinstance(law, StudentT):
        whitener = factorisation.condition(law.covariance, out, cutoff).decoder
    return PosteriorSampler(law, out, attacker, whitener)
