"""An independent judge that is ready, or the word why there is none."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from loft_jax.data.sources import SOURCES
from loft_jax.judging.independent.judgement import Judgement, judgement
from loft_jax.judging.independent.people import check_independent
from loft_jax.judging.independent.row import Recogniser, Wanted
from loft_jax.judging.independent.table import RECOGNISERS, Choice, chosen
from loft_jax.judging.private import PrivateData


@dataclass(frozen=True)
class Independent:
    """The independent judge of one target.

    Attributes:
        choice: who it is, or why there is none.
        recogniser: it.
    """

    choice: Choice
    recogniser: Recogniser | None = None

    def judged(self, found: dict[str, np.ndarray], private: PrivateData) -> Judgement:
        """What it says of an attack; see `judgement`."""
        if self.recogniser is None or self.choice.name is None:
            return Judgement({"name": None, "missing": self.choice.why}, {}, {})
        return judgement(self.choice.name, self.recogniser, found, private)


def independent_for(
    asked: str, private: PrivateData, out: Console, heed: Callable[[], None] = lambda: None
) -> Independent:
    """The judge that `--independent` means for these pictures, trained now if need be.

    Args:
        asked: auto, none, or a row of `RECOGNISERS`.
        private: the target's pictures.
        out: where training is announced.
        heed: called at each step of a training; raises where that is to stop.

    Raises:
        InputError: if it is not to be had, or has seen the private pictures.
        DivergenceError: if its training ends as no number.
    """
    data = private.data
    choice = chosen(asked, data.source)
    if choice.name is None:
        return Independent(choice)
    wanted = Wanted(data.source, SOURCES[data.source], data.size, data.channels, heed)
    recogniser = RECOGNISERS[choice.name].load(wanted, out)
    check_independent(recogniser, private)
    return Independent(choice, recogniser)
