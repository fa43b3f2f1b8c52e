"""Whether target and prior offer what a recipe needs."""

from loft_jax.attacks.recipes.base import Recipe
from loft_jax.errors import InputError
from loft_jax.priors import ImagePrior
from loft_jax.targets.base import Target

_OF_TARGET = {
    "label": "a target that answers with a class",
    "scores": "a target that answers with scores",
    "gradients": "a white target, whose weights are given",
    "features": "a white target that tells its features",
    "head": "a white target with a head on features",
    "statistics": "a white target with BatchNorm layers",
}
_OF_PRIOR = {
    "pixels": "the prior pixels",
    "normal latents": "a prior with standard normal latents (the renderer, or a GAN without style)",
    "discriminator": "a prior with a discriminator (fit_prior --prior dcgan or kedmi)",
    "classes": "a conditional prior (fit_prior --prior plgmi)",
    "blocks": "a prior with synthesis blocks (fit_prior --prior style)",
    "law": "the prior renderer",
}


def check_offers(name: str, recipe: Recipe, target: Target, prior: ImagePrior) -> None:
    """Check that everything the recipe needs is offered.

    Raises:
        InputError: naming what is missing.
    """
    missing = sorted(recipe.needed - (target.offers | prior.offers))
    if not missing:
        return
    need = missing[0]
    if need in _OF_TARGET:
        msg = f"`RUN` for {name} must be {_OF_TARGET[need]}, got {target.label} with access "
        raise InputError(msg + target.access)
    wanted = _OF_PRIOR.get(need, f"a prior that offers {need}")
    msg = f"`--prior` for {name} must be {wanted}, got {type(prior).__name__}"
    raise InputError(msg)
