"""The folder of an attack: what was asked, what it was asked of, and the chunks that are done."""

import dataclasses
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from loft_jax.attacks.engine import Reconstructions
from loft_jax.attacks.settings import AttackConfig
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.runs.files import write_bytes

FORMAT = 1
"""Version of the folder's layout; raised when an older reader would misread it."""
_CONFIG, _INSTANCE = "config.json", "instance.json"


class AttackFolder(RunFolder):
    """Paths and files of one attack."""

    @classmethod
    def begin(
        cls,
        out: str | None,
        beside: Path,
        stem: str,
        config: AttackConfig,
        instance: dict[str, Any],
    ) -> "AttackFolder":
        """A new folder: exactly `out`, or `beside`/`stem`, numbered if that is taken.

        Args:
            out: `--out`.
            beside: where attacks on this run are kept.
            stem: the attack's name.
            config: what was asked.
            instance: what it was asked of, see `check_instance`.

        Raises:
            InputError: if `out` holds something already or cannot be made.
        """
        folder = cls(RunFolder.create(out, stem, beside).path)
        (folder.path / "chunks").mkdir(exist_ok=True)
        folder.write(_INSTANCE, instance)
        folder.write(_CONFIG, {"format": FORMAT, **dataclasses.asdict(config)})
        return folder

    @classmethod
    def reopen(cls, path: str) -> tuple["AttackFolder", AttackConfig]:
        """The folder of an attack that was begun at `path`, and what was asked then.

        Raises:
            InputError: if there is none, or it is damaged or of another version.
        """
        folder = cls(Path(path))
        # A training run has a config.json as well; only an attack has an instance.
        if not all((folder.path / name).is_file() for name in (_CONFIG, _INSTANCE)):
            msg = f"`--resume` must be a folder of python -m loft_jax.attack, got {path}"
            raise InputError(msg)
        values = folder.read(_CONFIG)
        found = values.pop("format", None)
        names = {field.name for field in dataclasses.fields(AttackConfig)}
        if found != FORMAT or set(values) != names:
            odd = ", ".join(sorted(set(values) ^ names)) or f"format {found}"
            msg = f"`{folder.path / _CONFIG}` must be of this version of loft_jax, got {odd}"
            raise InputError(msg)
        values["evaluators"] = tuple(values["evaluators"])
        return folder, AttackConfig(**values)

    def check_instance(self, instance: dict[str, Any]) -> int:
        """Check that target, prior and recipe are those of the beginning.

        Args:
            instance: fingerprints and names; its `classes_at_a_time` is not compared.

        Returns:
            The `classes_at_a_time` of the beginning, on which the last bits depend.

        Raises:
            InputError: naming what has changed.
        """
        found = self.read(_INSTANCE)
        for name, value in instance.items():
            if name != "classes_at_a_time" and found.get(name) != value:
                msg = (
                    f"`--resume` must find what the attack in {self.path} began with, got another "
                    f"{name.replace('_', ' ')}: begin a new one"
                )
                raise InputError(msg)
        return int(found["classes_at_a_time"])

    def read_chunk(self, index: int) -> Reconstructions | None:
        """A finished chunk, or None."""
        try:
            # Opened here: NumPy leaves a damaged file open that it opened itself.
            with (
                self._chunk(index).open("rb") as file,
                np.load(file, allow_pickle=False) as stored,
            ):
                return Reconstructions(**{name: stored[name] for name in Reconstructions._fields})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None  # not there, or damaged: it is made again

    def write_chunk(self, index: int, chunk: Reconstructions) -> None:
        """Keep a finished chunk."""
        write_arrays(self._chunk(index), **chunk._asdict())

    def _chunk(self, index: int) -> Path:
        return self.path / "chunks" / f"{index:04d}.npz"


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write an npz file atomically."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_bytes(path, buffer.getvalue())


def fingerprint(tree: PyTree) -> str:
    """What tells two networks of one kind apart: a hash of all their numbers."""
    digest = hashlib.sha256()
    for leaf in map(np.asarray, jax.tree.leaves(tree)):
        digest.update(f"{leaf.dtype}{leaf.shape}".encode() + leaf.tobytes())
    return digest.hexdigest()[:16]
