"""python -m loft_jax.judge ATTACK: judge a finished attack, with these judges or others."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

if __name__ == "__main__":
    from loft_jax.runs.interrupt import leave_quietly

    leave_quietly()

from collections.abc import Sequence
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
    from loft_jax.judging.flags import absolute_judge
    from loft_jax.judging.session import judge_attack
    from loft_jax.judging.settings import JudgeConfig

    asked = keywords.replaced(JudgeConfig(path=str(attack)), settings)
    return judge_attack(absolute_judge(asked))


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.judging.flags import absolute_judge
    from loft_jax.judging.session import judge_attack
    from loft_jax.judging.settings import JudgeConfig

    config = cli.parse(
        JudgeConfig,
        prog="python -m loft_jax.judge",
        description=DESCRIPTION,
        args=args,
        default=JudgeConfig(),
    )
    cli.show(judge_attack(absolute_judge(config), started=_STARTED))
    return 0


cli.callable_module(__name__, run)

if __name__ == "__main__":
    cli.run(main)
