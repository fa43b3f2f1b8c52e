"""What is audited, on what, and how it is let out: everything that is known before measuring."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from loft_jax.auditing.channel import Channel, channels
from loft_jax.auditing.material import unit_of
from loft_jax.auditing.model import Model, check_named, is_run, looked_at, opened
from loft_jax.auditing.pictures import Source, source_for
from loft_jax.auditing.releases import check_shown, default_releases, release_named
from loft_jax.auditing.settings import AuditConfig
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.judging.evaluators import check_evaluators
from loft_jax.runs import schema
from loft_jax.runs.devices import data_mesh
from loft_jax.runs.folder import check_free
from loft_jax.targets.base import Target

PROBES = 16
"""Pictures about which the model is asked twice before anything else."""


class Ready(NamedTuple):
    """An audit that can begin.

    Attributes:
        run: the model's folder, where it is a run of ours.
        source: pictures.
        model: it, and how it answers.
        channels: releases that are audited.
    """

    run: RunFolder | None
    source: Source
    model: Model
    channels: tuple[Channel, ...]

    def instance(self) -> dict[str, Any]:
        """What the audit was made of, to be found again when it goes on."""
        data = self.source.data
        return {
            "model": self.model.target.label,
            "fingerprint": self.model.target.fingerprint,
            "data": self.source.name,
            "pictures": None if data is None else data.fingerprint,
        }


def check(config: AuditConfig, target: Target | None) -> None:
    """Check all that can be judged before JAX starts.

    Raises:
        InputError: naming the flag, what is allowed and what came.
    """
    schema.check(config)
    if target is None:
        check_named(config.path)
    if target is None and is_run(config.path):
        RunFolder.open(config.path, "MODEL").config()
    if config.evaluators:
        check_evaluators(None, config.evaluators)
    if config.resume is None and config.out is not None:
        check_free(Path(config.out))


def ready(
    config: AuditConfig, target: Target | None, progress: Callable[[int, int], None]
) -> Ready:
    """Model and pictures, loaded and looked at.

    Args:
        config: checked by `check`.
        target: audited instead of what `config` names.
        progress: told (done, of so many) while pictures are read.

    Raises:
        InputError: if they are not as they must be, or the model cannot give what is audited.
    """
    run = RunFolder.open(config.path, "MODEL") if target is None and is_run(config.path) else None
    source = source_for(run, target, config.data, progress)
    if source.data is not None:
        unit_of(source.data.labels[source.chosen])
    if target is None:
        target = opened(config.path, source, data_mesh(), config.seed)
    model = looked_at(target, _probes(source))
    asked = tuple(map(release_named, config.release)) or default_releases(model.shown)
    check_shown(asked, model.shown, target.classes)
    return Ready(run, source, model, channels(asked, config.noise, config.bits, config.queries))


def _probes(source: Source) -> Float[np.ndarray, "n h w ch"]:
    if source.law is not None:
        latents = jax.random.normal(jax.random.key(0), (PROBES, source.law.latent_dim))
        return np.asarray(source.law.decode(latents))
    assert source.data is not None
    assert source.chosen is not None
    return source.data.images[source.chosen[:PROBES]].astype(np.float32) / 255
