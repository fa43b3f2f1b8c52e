"""Image priors by name or by the folder that `python -m loft_jax.fit_prior` wrote."""

from pathlib import Path

from loft_jax.data.sources.base import LawMaker
from loft_jax.data.sources.faces import face_law
from loft_jax.errors import InputError
from loft_jax.priors.base import ImagePrior
from loft_jax.priors.pixels import PixelPrior
from loft_jax.priors.renderer import RendererPrior


def load_prior(
    name: str, *, size: int, channels: int, seed: int, law: LawMaker | None = None
) -> ImagePrior:
    """The prior that `--prior` names, for pictures of this size.

    Args:
        name: `pixels`, `renderer`, or a folder that `python -m loft_jax.fit_prior` wrote.
        size: side of the target's pictures in pixels.
        channels: 1 (gray) or 3 (RGB).
        seed: which world of synthetic people; the law is the same in all of them.
        law: of the target's pictures, which the renderer draws; None is that of the faces.

    Raises:
        InputError: if it names neither, the folder is damaged or its training not finished, or the
            prior makes pictures of another size or number of channels.
    """
    if name == "pixels":
        return PixelPrior(size, channels)
    if name == "renderer":
        maker = face_law if law is None else law
        return RendererPrior(maker(size, channels, seed, "public"))
    if not Path(name).is_dir():
        msg = (
            f"`--prior` must be pixels, renderer or a folder that python -m loft_jax.fit_prior "
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
