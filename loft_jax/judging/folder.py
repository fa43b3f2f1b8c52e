"""The folder of a judgement that stands beside its attack instead of in it."""

from loft_jax.runs.folder import Folder


class JudgementFolder(Folder):
    """attack.json, outcomes.npz and the picture; config.json says of which attack."""

    kind = "judgement"
    format = 1
    made_by = "python -m loft_jax.judge"
