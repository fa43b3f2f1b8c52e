"""What every decoder is: numbers that were released in, a guess of what was asked about out."""

import abc

import numpy as np
from jaxtyping import Float

from loft_jax.errors import InputError

FEWEST = 40
"""Samples that a decoder can be fitted to."""


class Decoder(abc.ABC):
    """A fitted attacker on releases: on samples it has not seen, the ideal one errs no more."""

    inputs: int
    """m, numbers in an answer."""

    @abc.abstractmethod
    def decode(self, answers: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n d"]:
        """A guess of the signal behind each answer, in the unit of the signals."""

    def predict(self, answers: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n d"]:
        """The same, by the name under which `iie.upper_bound` asks its `regressors`."""
        return self.decode(answers)


def check_samples(answers: Float[np.ndarray, "n m"], signals: Float[np.ndarray, "k ..."]) -> None:
    """Check that samples can be fitted to.

    Raises:
        InputError: if they are fewer than `FEWEST`, not one signal an answer, or not finite.
    """
    if len(answers) < FEWEST:
        msg = f"`answers` must be at least {FEWEST}, to fit a decoder, got {len(answers)}"
        raise InputError(msg)
    if len(signals) != len(answers):
        msg = f"`signals` must be one for each of {len(answers)} answers, got {len(signals)}"
        raise InputError(msg)
    for name, values in (("answers", answers), ("signals", signals)):
        if not np.isfinite(values).all():
            msg = f"`{name}` must be finite, got NaN or infinity"
            raise InputError(msg)


def check_answers(answers: Float[np.ndarray, "n m"], inputs: int) -> None:
    """Check the width of answers that are to be decoded.

    Raises:
        InputError: if it is not the one that the decoder was fitted to.
    """
    if answers.ndim != 2 or answers.shape[1] != inputs:
        msg = f"`answers` must have shape [n {inputs}], got {list(answers.shape)}"
        raise InputError(msg)
