"""python -m loft_jax.judge ATTACK: judge a finished attack, with these judges or others."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.runs.session import Result

DESCRIPTION = """Judge a finished attack: how evaluators and the private pictures take its
reconstructions. The pictures must be there; the target need not be attacked again."""


def run(attack: str | Path, **settings: Any) -> "Result":
    """Judge an attack; `settings` are the command's flags, such as knowledge=True.

    Args:
        attack: folder of the attack.
        settings: flags by name.

    Raises:
        InputError: see `loft_jax.errors`.
        Stopped: if a signal came; the attack is as it was.
    """
    given = {"path": str(attack), **settings}
    return _judged(lambda default: keywords.replaced(default, given))


def _judged(read: cli.Read, started: float | None = None) -> "Result":
    from loft_jax.judging.flags import absolute_judge
    from loft_jax.judging.session import judge_attack
    from loft_jax.judging.settings import JudgeConfig

    return judge_attack(absolute_judge(read(JudgeConfig())), started=started)


main = cli.command("judge", DESCRIPTION, _judged)

cli.offer(__name__, run, main)
