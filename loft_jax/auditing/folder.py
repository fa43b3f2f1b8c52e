"""The folder of an audit: what was asked, of which model, and the parts that are done."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from loft_jax.auditing.settings import AuditConfig
from loft_jax.errors import InputError
from loft_jax.runs import arrays
from loft_jax.runs.folder import Folder

INSTANCE, NUMBERS, PAGE = "instance.json", "audit.json", "audit.html"
CLASS_LEVEL = "class-level"

Shown = UInt8[np.ndarray, "n h w ch"]


class AuditFolder(Folder[AuditConfig]):
    """Paths and files of one audit."""

    kind = "audit"
    format = 1
    made_by = "python -m loft_jax.audit"
    asked = AuditConfig

    def check_instance(self, instance: dict[str, Any]) -> None:
        """Check that model and pictures are those of the beginning.

        Raises:
            InputError: naming what has changed.
        """
        found = self.read(INSTANCE)
        for name, value in instance.items():
            if found.get(name) != value:
                msg = (
                    f"`--resume` must find what the audit in {self.path} began with, got another "
                    f"{name}: begin a new one"
                )
                raise InputError(msg)

    def read_part(self, label: str) -> tuple[dict[str, Any], Shown | None] | None:
        """A finished part with the pictures that were made; None if it is missing or damaged."""
        place = self._part(label)
        try:
            record = self.read(str(place.relative_to(self.path)))
            pictures = place.with_suffix(".npz")
            return record, arrays.read_arrays(pictures)["pictures"] if record["shown"] else None
        except (InputError, KeyError):
            return None  # it is made again

    def write_part(self, label: str, record: dict[str, Any], pictures: Shown | None) -> None:
        """Keep a finished part; the record last, which says that all is there."""
        place = self._part(label)
        place.parent.mkdir(exist_ok=True)
        if pictures is not None:
            arrays.write_arrays(place.with_suffix(".npz"), pictures=pictures)
        kept = {**record, "shown": pictures is not None}
        self.write(str(place.relative_to(self.path)), kept)

    def _part(self, label: str) -> Path:
        return self.path / "parts" / f"{re.sub('[^a-z0-9.]+', '-', label)}.json"
