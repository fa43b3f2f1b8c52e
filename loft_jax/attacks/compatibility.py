"""Whether a prior is what a recipe asks for."""

from pathlib import Path

import numpy as np

from loft_jax.attacks.recipes import Need, Recipe
from loft_jax.data.dataset import Dataset
from loft_jax.data.public import check_disjoint, picture_hashes
from loft_jax.errors import InputError
from loft_jax.priors import ImagePrior
from loft_jax.priors.archive import public_hashes
from loft_jax.priors.base import ImagePrior as Base
from loft_jax.priors.pixels import PixelPrior

_WHY = {
    "pixels": "the prior pixels",
    "normal latents": "a prior with standard normal latents (the renderer, or a GAN without style)",
    "discriminator": "a prior with a discriminator (fit_prior --prior dcgan or kedmi)",
    "classes": "a conditional prior (fit_prior --prior plgmi)",
    "blocks": "a prior with synthesis blocks (fit_prior --prior style)",
}


def check_prior(name: str, recipe: Recipe, prior: ImagePrior) -> None:
    """Check that the prior offers what the recipe needs.

    Raises:
        InputError: naming what is missing.
    """
    for need in recipe.needs:
        if not _offers(prior, need):
            msg = f"`--prior` for {name} must be {_WHY[need]}, got {type(prior).__name__}"
            raise InputError(msg)


def check_strangers(prior: str, private: Dataset) -> None:
    """Check that a trained prior has seen none of the target's pictures.

    Raises:
        InputError: if it has.
    """
    if Path(prior).is_dir():
        check_disjoint(public_hashes(Path(prior)), picture_hashes(np.asarray(private.images)))


def _offers(prior: ImagePrior, need: Need) -> bool:
    if need == "pixels":
        return isinstance(prior, PixelPrior)
    if need == "normal latents":
        return prior.normal_latents
    if need == "discriminator":
        return type(prior).realness is not Base.realness
    return prior.conditional if need == "classes" else prior.blocks > 0
