"""What the table says of a prior: where it comes from, how it is loaded, how it is fitted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from loft_jax.priors.base import ImagePrior
from loft_jax.priors.games import Game

Answers = Literal["none", "soft", "top", "label"]


class Fitted(NamedTuple):
    """How a generator and its discriminator are built and trained.

    Attributes:
        generator: (architecture, rngs=) -> module of (latents, labels, train) -> pictures.
        discriminator: (architecture, rngs=) -> module of (pictures, labels, train) -> Judgement.
        prior: (architecture, generator, discriminator) -> the `GanPrior` of their weights.
        games: what both minimise, by the name of the loss; its own first.
        latent_dim: length of a latent vector.
        width: feature maps at full size, up to 32 px.
        steps: iterations, one generator update each, up to 32 px; at most 10 minutes on two cores.
        learning_rate: of the generator's Adam.
        lead: how many times as fast the discriminator learns.
        answers: what is asked of a target: nothing; its probabilities on public pictures; of
            which of them it is surest, class by class; or, at each update, its labels of fakes.
        conditional: whether the generator is told a class.
    """

    generator: Callable[..., Any]
    discriminator: Callable[..., Any]
    prior: Callable[..., Any]
    games: Mapping[str, Game]
    latent_dim: int
    width: int
    steps: int
    learning_rate: float = 4e-4
    lead: float = 2
    answers: Answers = "none"
    conditional: bool = False


@dataclass(frozen=True)
class Prior:
    """A row: a prior that is there, or one that is fitted to pictures.

    Attributes:
        title: what it is.
        source: where it was published.
        load: (size, channels, seed) -> the prior, by its name alone; None where it must be fitted.
        fitted: how it is fitted; None where nothing is.
        cite: keys of references.bib.
    """

    title: str
    source: str = ""
    load: Callable[[int, int, int], ImagePrior] | None = None
    fitted: Fitted | None = None
    cite: tuple[str, ...] = ()

    @property
    def needs_target(self) -> bool:
        """Whether it is fitted to one target's answers."""
        return self.fitted is not None and self.fitted.answers != "none"
