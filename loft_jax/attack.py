"""python -m loft_jax.attack RUN: reconstruct members of a classifier's classes, and judge it."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

import dataclasses  # noqa: E402
from collections.abc import Sequence  # noqa: E402

from loft_jax import cli  # noqa: E402
from loft_jax.attacks.settings import AttackConfig, check, quick  # noqa: E402

DESCRIPTION = """Attack a trained classifier: reconstruct members of its classes from nothing but
the network and public knowledge, and say how well that worked. --list shows the recipes."""


def with_absolute_paths(config: AttackConfig) -> AttackConfig:
    """The same settings with the paths absolute: an attack is continued from anywhere."""
    return dataclasses.replace(
        config,
        path=cli.absolute(config.path),
        prior=config.prior and cli.absolute(config.prior, "pixels", "renderer"),
        features=config.features and cli.absolute(config.features),
        evaluators=tuple(map(cli.absolute, config.evaluators)),
    )


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    config = cli.parse(
        AttackConfig, prog="python -m loft_jax.attack", description=DESCRIPTION, args=args
    )
    if config.show_recipes:
        from loft_jax.attacks.listing import print_recipes

        print_recipes()
        return 0
    check(config)
    config = with_absolute_paths(quick(config) if config.quick else config)
    from loft_jax.attacks.session import attack_run

    return attack_run(config, started=_STARTED)


if __name__ == "__main__":
    cli.run(main)
