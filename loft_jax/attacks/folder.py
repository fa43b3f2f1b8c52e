"""The folder of an attack: what was asked, what it was asked of, and the chunks that are done."""

from pathlib import Path
from typing import Any

import numpy as np

from loft_jax.attacks.records import Instance
from loft_jax.attacks.search.base import Reconstructions
from loft_jax.attacks.settings import AttackConfig
from loft_jax.errors import InputError
from loft_jax.runs import arrays
from loft_jax.runs.folder import Folder

INSTANCE, SEARCH, FOUND = "instance.json", "search.json", "reconstructions.npz"
SHEET, JUDGES, NUMBERS, OUTCOMES = (
    "reconstructions.png", "judge.json", "attack.json", "outcomes.npz"
)  # fmt: skip


class AttackFolder(Folder[AttackConfig]):
    """Paths and files of one attack."""

    kind = "attack"
    format = 2
    made_by = "python -m loft_jax.attack"
    asked = AttackConfig

    def instance(self) -> dict[str, Any]:
        """What it was asked of: names, and fingerprints of the networks.

        Raises:
            InputError: if instance.json is damaged, or lacks what is asked of it.
        """
        return self.read(INSTANCE, Instance)

    def check_instance(self, instance: dict[str, Any]) -> int:
        """Check that target, prior and recipe are those of the beginning.

        Args:
            instance: fingerprints and names.

        Returns:
            The `classes_at_a_time` of the beginning, on which the last bits depend.

        Raises:
            InputError: naming what has changed.
        """
        found = self.instance()
        for name, value in instance.items():
            if found.get(name) != value:
                msg = (
                    f"`--resume` must find what the attack in {self.path} began with, got another "
                    f"{name.replace('_', ' ')}: begin a new one"
                )
                raise InputError(msg)
        return found["classes_at_a_time"]

    def found(self) -> dict[str, np.ndarray]:
        """Arrays of reconstructions.npz: images [k s h w ch] bytes, labels, latents, confidence.

        And, of attacks that have this control, `lookalikes` and `lookalike_latents` of the same
        shapes: what the same attack gives without its search.

        Raises:
            InputError: if it is not there or damaged.
        """
        return arrays.read_arrays(self.path / FOUND)

    def read_chunk(self, index: int) -> tuple[Reconstructions, int] | None:
        """A finished chunk and what it asked, or None if it is not there or damaged."""
        try:
            stored = arrays.read_arrays(self._chunk(index))
            queries = int(stored.pop("queries"))
            return Reconstructions(**stored), queries
        except (InputError, KeyError, TypeError):
            return None  # it is made again

    def write_chunk(self, index: int, chunk: Reconstructions, queries: int) -> None:
        """Keep a finished chunk, and how many pictures the target was asked for it."""
        self._chunk(index).parent.mkdir(exist_ok=True)
        kept = {name: part for name, part in chunk._asdict().items() if part is not None}
        arrays.write_arrays(self._chunk(index), **kept, queries=np.array(queries))

    def _chunk(self, index: int) -> Path:
        return self.path / "chunks" / f"{index:04d}.npz"
