"""The folder of an attack: settings, finished chunks, and what comes out at the end."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PyTree

from loft_jax.attacks.engine import Reconstructions
from loft_jax.errors import InputError
from loft_jax.training.run_folder import RunFolder, write_bytes, write_json


class AttackFolder:
    """Paths and files of one attack.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path):
        self.path = path
        self._settings = path / "settings.json"

    def begin(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings that count: those found here if an attack was begun here, else the given.

        Raises:
            InputError: if something else is here, or an attack with other settings.
        """
        if not self._settings.is_file():
            RunFolder.create(str(self.path), "")
            (self.path / "chunks").mkdir()
            write_json(self._settings, settings)
            return settings
        found = RunFolder(self.path).read(self._settings.name)
        for name, value in settings.items():
            if name != "classes_at_a_time" and found.get(name) != value:
                msg = (
                    f"`--out` must be new, or the folder of the same attack; {self.path} has "
                    f"{name} {_short(found.get(name))}, not {_short(value)}"
                )
                raise InputError(msg)
        return found

    def read_chunk(self, index: int) -> Reconstructions | None:
        """A finished chunk, or None."""
        try:
            with np.load(self._chunk(index), allow_pickle=False) as stored:
                return Reconstructions(**{name: stored[name] for name in Reconstructions._fields})
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
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


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
