"""Ridge regression: the affine decoder, in closed form."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from loft_jax.auditing.decoders.base import Decoder, check_answers, check_samples


@dataclass(frozen=True)
class RidgeDecoder(Decoder):
    """signal = mean + (answer - centre) B."""

    centre: Float64[np.ndarray, " m"]
    mean: Float64[np.ndarray, " d"]
    coefficients: Float64[np.ndarray, "m d"]

    @property
    def inputs(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Numbers in an answer."""
        return len(self.centre)

    def decode(self, answers: Float[np.ndarray, "n m"]) -> Float64[np.ndarray, "n d"]:
        """An affine guess."""
        check_answers(answers, self.inputs)
        return self.mean + (answers.astype(np.float64) - self.centre) @ self.coefficients


def fit(answers: Float[np.ndarray, "n m"], signals: Float[np.ndarray, "n d"]) -> RidgeDecoder:
    """The ridge regression of the signals on the answers, its penalty by generalised validation.

    On Gaussian signals and linear answers it tends to the ideal attacker of Theorem 1 as n grows.

    Args:
        answers: what was released, any unit.
        signals: what was asked about, unit u.

    Raises:
        InputError: if there are fewer than 40 samples, shapes differ, or something is not finite.

    Source: Golub, Heath and Wahba 1979; `iie.bounds.ridge`.
    """
    from iie.bounds.ridge import fit_ridge  # SciPy, which importing a decoder does not need

    check_samples(answers, signals)
    found = fit_ridge(answers.astype(np.float64), signals.astype(np.float64))
    return RidgeDecoder(found.centre, found.mean, found.coefficients)
