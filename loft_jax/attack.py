"""python -m loft_jax.attack RUN: reconstruct members of a classifier's classes, and judge it."""

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
    from loft_jax.targets.base import Target

    prior: ImagePrior | None = None
    if not isinstance(settings.get("prior"), str | None):
        prior = settings.pop("prior")
    other = target if isinstance(target, Target) else None
    if other is None and target:
        settings["path"] = str(target)
    return _attacked(
        lambda default: keywords.replaced(default, settings), target=other, prior=prior
    )


def _attacked(read: cli.Read, **given: Any) -> "Result":
    from loft_jax.judging.session import attack_and_judge

    flags = _asked(read)
    return attack_and_judge(flags.search, flags.judges, **given)


def _asked(read: cli.Read) -> "AttackFlags":
    """The settings of flags, over the defaults or over those of the attack that goes on.

    Raises:
        InputError: if a flag is wrong, or contradicts the attack that goes on.
    """
    from loft_jax.judging.flags import AttackFlags, begun, continued

    asked = read(AttackFlags())
    if asked.search.resume is not None:
        return continued(asked.search.resume, read)
    return begun(asked)


def _recipes() -> Any:
    from loft_jax.attacks.listing import listing

    return listing()


main = cli.command("attack", DESCRIPTION, _attacked, {"--list": _recipes})

cli.offer(__name__, run, main)
