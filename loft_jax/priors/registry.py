"""Image priors by name or by the folder that `python -m loft_jax.fit_prior` wrote."""

from pathlib import Path

from loft_jax.data.sources import source_of
from loft_jax.data.sources.base import LawMaker
from loft_jax.errors import InputError
from loft_jax.priors.base import ImagePrior
from loft_jax.priors.renderer import RendererPrior
from loft_jax.priors.table import PRIORS


def load_prior(
    name: str, *, size: int, channels: int, seed: int, law: LawMaker | None = None
) -> ImagePrior:
    """The prior that `--prior` names, for pictures of this size.

    Args:
        name: a row that needs no fitting (`pixels`, `renderer`), or a folder that
            `python -m loft_jax.fit_prior` wrote.
        size: side of the target's pictures in pixels.
        channels: 1 (gray) or 3 (RGB).
        seed: which world of synthetic people; the law is the same in all of them.
        law: of the target's pictures, which the renderer draws; None is that of the faces.

    Raises:
        InputError: if it names neither, the folder is damaged or its training not finished, or the
            prior makes pictures of another size or number of channels.
    """
    if name == "renderer" and law is not None:
        return RendererPrior(law(size, channels, seed, "public"))
    row = PRIORS.get(name)
    if row is not None and row.load is not None:
        return row.load(size, channels, seed)
    if not Path(name).is_dir():
        named = [known for known, row in PRIORS.items() if row.load is not None]
        msg = (
            f"`--prior` must be {', '.join(named)} or a folder that python -m loft_jax.fit_prior "
            f"wrote, got {name}, which is neither"
        )
        raise InputError(msg)
    from loft_jax.priors.archive import load_gan  # networks are only needed here

    prior = load_gan(Path(name))
    if (prior.size, prior.channels) != (size, channels):
        msg = (
            f"`--prior` must make pictures of {size} px with {channels} channels like those of the "
            f"target, got {name} with {prior.size} px and {prior.channels}"
        )
        raise InputError(msg)
    return prior


def prior_of_data(data: str) -> str:
    """Where attacks on a classifier of these pictures search if nobody says, as `--prior` has it.

    Args:
        data: as `--data` has it; need not be there.
    """
    return source_of(data).prior


def law_of_data(data: str) -> LawMaker | None:
    """What makes the law of these pictures, for `load_prior`; None where there is none.

    Args:
        data: as `--data` has it; need not be there.
    """
    return source_of(data).law
