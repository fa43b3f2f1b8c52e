"""python -m loft_jax.audit MODEL: how much its answers and its weights give away, as intervals."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.auditing.settings import AuditConfig
    from loft_jax.runs.session import Result
    from loft_jax.targets.base import Target

DESCRIPTION = """Audit a model: between which errors the best attacker on one of its answers lies
(no attacker does better than the one end, some attacker does as well as the other), and whom an
attack on its weights finds. Writes audit.html and audit.json.

"""


def run(model: "str | Path | Target" = "", **settings: Any) -> "Result":
    """Audit; `settings` are the command's flags, such as release=["code"], limit=["psnr:18"].

    Args:
        model: run folder, or any `loft_jax.targets.base.Target`; left out with `resume`.
        settings: flags by name.

    Returns:
        Its numbers hold the verdicts (`limits`) and the command's `exit_code`.

    Raises:
        InputError, DivergenceError: see `loft_jax.errors`.
        Stopped: if a signal came; finished parts are saved.
    """
    from loft_jax.targets.base import Target

    other = model if isinstance(model, Target) else None
    given = {"path": other.label if other is not None else str(model), **settings}
    if not given["path"]:
        del given["path"]
    return _audited(lambda default: keywords.replaced(default, given), target=other)


def _audited(read: cli.Read, **given: Any) -> "Result":
    from loft_jax.auditing.session import audit

    return audit(_asked(read), **given)


def _asked(read: cli.Read) -> "AuditConfig":
    """The settings of flags, over the defaults or over those of the audit that goes on.

    Raises:
        InputError: if a flag is wrong, or contradicts the audit that goes on.
    """
    from loft_jax.auditing.settings import AuditConfig, absolute, continued

    asked = read(AuditConfig())
    return absolute(asked) if asked.resume is None else continued(asked.resume, read)


def _description() -> str:
    from loft_jax.auditing.limits import RULE

    return DESCRIPTION + RULE


main = cli.command("audit", _description, _audited, code=lambda result: result.numbers["exit_code"])

cli.offer(__name__, run, main)
