"""A Python callable as a target, such as a client of a server: never differentiated."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from loft_jax.defenses.adaptive import AVERAGE
from loft_jax.defenses.base import Adaptive
from loft_jax.errors import InputError
from loft_jax.runs import arrays
from loft_jax.targets.base import Access, Answer, Target


class CallbackTarget(Target):
    """What can only be asked.

    Args:
        function: float32 pictures [n h w ch] in [0, 1], at most 128 of them, as NumPy -> scores
            [n c], or class numbers [n] where `access` is "label". It is given no picture that
            nobody asked for: each may cost.
        size: side of its pictures in pixels.
        channels: of its pictures.
        class_names: one name a class.
        access: "scores" or "label".

    Raises:
        InputError: if it is said to be white.
    """

    def __init__(
        self,
        function: Callable[[np.ndarray], Any],
        *,
        size: int,
        channels: int,
        class_names: tuple[str, ...],
        access: Access = "label",
    ):
        if access not in ("label", "scores"):
            msg = f"`access` of a callback must be label or scores, got {access}"
            raise InputError(msg)
        super().__init__(access=access, size=size, channels=channels, class_names=class_names)
        self._function = function

    @property
    def label(self) -> str:
        """The callable's name."""
        return f"callback {getattr(self._function, '__name__', type(self._function).__name__)}"

    @property
    def fingerprint(self) -> str:
        """Of what is known without asking it."""
        return arrays.fingerprint((self.size, self.channels, [*map(str, self.class_names)]))

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """To ask again: nobody knows whether its answers are random."""
        return AVERAGE

    def _answer(self, images: Float[np.ndarray, "n h w ch"]) -> Answer:
        said, n = np.asarray(self._function(images)), len(images)
        if self.access == "label":
            right = said.shape == (n,) and np.issubdtype(said.dtype, np.integer)
            if not right or said.min() < 0 or said.max() >= self.classes:
                msg = f"the callback must answer {n} class numbers below {self.classes}, got "
                raise InputError(msg + f"{said.dtype} {said.shape}")
            return Answer(said)
        shaped = said.shape == (n, self.classes)
        if not shaped or not np.isfinite(said).all():
            msg = f"the callback must answer finite scores of shape {(n, self.classes)}, got "
            raise InputError(msg + ("some that are not finite" if shaped else str(said.shape)))
        return Answer(said.argmax(1), said.astype(np.float32))
