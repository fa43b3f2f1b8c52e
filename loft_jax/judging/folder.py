"""The folder of a judgement that stands beside its attack instead of in it."""

from pathlib import Path

from loft_jax.errors import InputError
from loft_jax.judging.settings import JudgeConfig
from loft_jax.runs.folder import Folder, check_free


class JudgementFolder(Folder[JudgeConfig]):
    """attack.json, outcomes.npz and the picture; config.json says of which attack."""

    kind = "judgement"
    format = 1
    made_by = "python -m loft_jax.judge"
    asked = JudgeConfig


def begun(config: JudgeConfig) -> JudgementFolder | None:
    """The folder that the same command made before, perhaps until it was killed; None if none did.

    Raises:
        InputError: if something else is in `--out`, or it cannot be made.
    """
    assert config.out is not None
    path = Path(config.out)
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        check_free(path)
        return None
    try:
        folder = JudgementFolder.open(path, "--out")
        same = folder.config() == config
    except InputError:
        same = False
    if not same:
        msg = f"`--out` must be a new or empty folder, or one of the same command, got {path}"
        raise InputError(msg)
    return folder
