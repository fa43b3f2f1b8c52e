"""python -m loft_jax.fit_prior: train a generator on public pictures, for attacks to search in."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

if __name__ == "__main__":
    from loft_jax.runs.interrupt import leave_quietly

    leave_quietly()

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.fitting.generators.settings import FitConfig
    from loft_jax.runs.session import Result

DESCRIPTION = """Train an image prior on public pictures, never on the target's own: a generator
whose latent space attacks search, with its discriminator."""


def run(**settings: Any) -> "Result":
    """Fit a prior; `settings` are the command's flags, such as prior="dcgan", steps=1000.

    Raises:
        InputError, SaveError, DivergenceError: see `loft_jax.errors`.
        Stopped: if a signal came; all is saved.
    """
    from loft_jax.fitting.generators.session import fit_generator

    return fit_generator(_asked(lambda default: keywords.replaced(default, settings)))


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.fitting.generators.session import fit_generator

    def parsed(default: Any) -> Any:
        return cli.parse(
            type(default),
            prog="python -m loft_jax.fit_prior",
            description=_described(),
            args=args,
            default=default,
        )

    cli.show(fit_generator(_asked(parsed), started=_STARTED))
    return 0


def _asked(parsed: Any) -> "FitConfig":
    """The settings of flags: over the defaults, or over those of the folder that goes on.

    Args:
        parsed: gives the flags, with what none names as in its argument.

    Raises:
        InputError: if a flag is wrong, or contradicts the folder that goes on.
    """
    from loft_jax.fitting.flags import contradiction
    from loft_jax.fitting.generators.folder import PriorFolder
    from loft_jax.fitting.generators.settings import FitConfig, absolute, quick

    asked = parsed(FitConfig())
    if asked.resume is not None:
        own = PriorFolder.open(asked.resume, "--resume").config()
        config = absolute(parsed(own))
        contradiction(own, config)
        return config
    return absolute(quick(asked) if asked.quick else asked)


def _described() -> str:
    from loft_jax.priors.table import PRIORS

    lines = [
        f"  {name}: {row.title}; {row.fitted.steps} steps, latents {row.fitted.latent_dim}; "
        f"{row.source}{'; needs --target' if row.needs_target else ''}"
        for name, row in PRIORS.items()
        if row.fitted is not None
    ]
    return "\n".join([DESCRIPTION, "", "Priors:", *lines])


cli.callable_module(__name__, run)

if __name__ == "__main__":
    cli.run(main)
