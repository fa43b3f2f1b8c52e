"""python -m loft_jax.fit_prior: train a generator on public pictures, for attacks to search in."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

import dataclasses
from collections.abc import Sequence

from loft_jax import cli
from loft_jax.data.sources import absolute_data
from loft_jax.fitting.generators.config import RECIPES, FitConfig, check, quick

DESCRIPTION = """Train an image prior on public pictures, never on the target's own: a generator
whose latent space attacks search, with its discriminator.

Priors:
""" + "\n".join(
    f"  {name}: {recipe.steps} steps, latents {recipe.latent_dim}; {recipe.source}"
    + ("; needs --target" if recipe.needs_target else "")
    for name, recipe in RECIPES.items()
)


def with_absolute_paths(config: FitConfig) -> FitConfig:
    """The same settings with the paths absolute: a folder is continued from anywhere."""
    target = config.target and cli.absolute(config.target)
    return dataclasses.replace(config, data=absolute_data(config.data), target=target)


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    config = cli.parse(
        FitConfig,
        prog="python -m loft_jax.fit_prior",
        description=DESCRIPTION,
        args=args,
        default=FitConfig(),
    )
    config = with_absolute_paths(quick(config) if config.quick else config)
    if config.resume is None:
        check(config)
    from loft_jax.fitting.generators.session import fit_run

    return fit_run(config, started=_STARTED)


if __name__ == "__main__":
    cli.run(main)
