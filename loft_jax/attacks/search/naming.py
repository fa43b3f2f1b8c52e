"""What searches by labels share: is it still the class, and where to begin."""

from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Bool, Float, Int64

from loft_jax.attacks.search.questions import Questions
from loft_jax.targets.base import BATCH


class Named:
    """Asks in coordinates of mean 0 and deviation 1 whether the target still says the class.

    Attributes:
        rng: of all draws of the class.
        latest: indices in `questions.asked` of what was asked last, in its shape.
    """

    def __init__(self, questions: Questions):
        self.questions, self._scale = questions, questions.scale
        self.rng = np.random.default_rng(np.asarray(jax.random.key_data(questions.key)))
        self.latest = np.empty(0, np.int64)

    @property
    def dimension(self) -> int:
        """z, the length of a latent."""
        return self.questions.pool.latents.shape[1]

    def ask(self, coordinates: Float[np.ndarray, "*n z"]) -> Bool[np.ndarray, "*n"]:
        """Whether the pictures of these coordinates are called by the class.

        Raises:
            BudgetSpent: if they are more than are left; none of them is asked.
        """
        shape = coordinates.shape[:-1]
        first = self.questions.known
        flat = coordinates.reshape(-1, self.dimension)
        answer = self.questions.ask(self._scale.outwards(flat))
        self.latest = (first + np.arange(len(flat))).reshape(shape)
        return (answer.label == self.questions.label).reshape(shape)

    def starts(
        self, n: int, within: Callable[[np.ndarray], np.ndarray]
    ) -> tuple[Float[np.ndarray, "n z"], Int64[np.ndarray, " n"]]:
        """Points that are called by the class, and their indices: the first that are found.

        Strangers that are, brought `within`, and then, if none still is, fresh draws until one is.
        Where fewer than n are found, they serve again.

        Raises:
            BudgetSpent: if none was found.
        """
        tried = within(self._scale.inwards(self.questions.called[: 2 * n]))
        right = self.ask(tried) if len(tried) else np.empty(0, bool)
        while not right.any():
            fresh = max(1, min(BATCH, self.questions.left))
            tried = within(self.rng.standard_normal((fresh, self.dimension)))
            right = self.ask(tried)
        found = np.resize(np.flatnonzero(right), n)
        return tried[found], self.latest[found]
