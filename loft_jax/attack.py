"""python -m loft_jax.attack RUN: reconstruct members of a classifier's classes, and judge it."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

if __name__ == "__main__":
    from loft_jax.runs.interrupt import leave_quietly

    leave_quietly()

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.judging.flags import AttackFlags
    from loft_jax.priors import ImagePrior
    from loft_jax.runs.session import Result
    from loft_jax.targets.base import Target

DESCRIPTION = """Attack a trained classifier: reconstruct members of its classes from nothing but
the network and public knowledge, and say how well that worked where its private pictures are.
--list shows the recipes; python -m loft_jax.judge judges a finished attack again."""


def run(target: "str | Path | Target" = "", **settings: Any) -> "Result":
    """Attack, and judge where the private pictures are.

    Args:
        target: run folder, or any `loft_jax.targets.base.Target`; left out with `resume`.
        settings: the command's flags, such as attack="ppa", classes="0:4"; `prior` may be an
            `ImagePrior` as well.

    Raises:
        InputError, DivergenceError: see `loft_jax.errors`.
        Stopped: if a signal came; finished chunks are saved.
    """
    from loft_jax.judging.session import attack_and_judge
    from loft_jax.targets.base import Target

    prior: ImagePrior | None = None
    if not isinstance(settings.get("prior"), str | None):
        prior = settings.pop("prior")
    other = target if isinstance(target, Target) else None
    if other is None and target:
        settings["path"] = str(target)
    flags = _asked(lambda default: keywords.replaced(default, settings))
    return attack_and_judge(flags.search, flags.judges, target=other, prior=prior)


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.judging.session import attack_and_judge

    if "--list" in args:
        from loft_jax.attacks.listing import listing

        cli.show(listing())
        return 0

    def parsed(default: Any) -> Any:
        return cli.parse(
            type(default),
            prog="python -m loft_jax.attack",
            description=DESCRIPTION,
            args=args,
            default=default,
        )

    flags = _asked(parsed)
    cli.show(attack_and_judge(flags.search, flags.judges, started=_STARTED))
    return 0


def _asked(parsed: "Callable[[AttackFlags], AttackFlags]") -> "AttackFlags":
    """The settings of flags, over the defaults or over those of the attack that goes on.

    Args:
        parsed: gives the flags, with what none names as in its argument.

    Raises:
        InputError: if a flag is wrong, or contradicts the attack that goes on.
    """
    from loft_jax.judging.flags import AttackFlags, absolute, continued

    asked = parsed(AttackFlags())
    if asked.search.resume is not None:
        return continued(asked.search.resume, parsed)
    return absolute(asked)


cli.callable_module(__name__, run)

if __name__ == "__main__":
    cli.run(main)
