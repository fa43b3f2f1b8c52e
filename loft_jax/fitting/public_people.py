"""What a run remembers of the public people whose names its trunk learned first."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated

from loft_jax.errors import InputError
from loft_jax.runs.schema import WHERE


@dataclass(frozen=True)
class PublicPeople:
    """Public people: where they are, and what tells them from others."""

    pretrain: Annotated[str, WHERE]
    """faces, FILE.npz or a FOLDER of class folders."""
    fingerprint: str = ""
    """Of their pictures and what they are called; empty until they were read."""

    def found(self, fingerprint: str) -> "PublicPeople":
        """Itself, with the fingerprint of who is there now.

        Raises:
            InputError: if they are no longer those that were read before.
        """
        if self.fingerprint not in ("", fingerprint):
            msg = "`--pretrain` must hold the people that the run was asked to begin with, got "
            raise InputError(msg + f"others in {self.pretrain}")
        return dataclasses.replace(self, fingerprint=fingerprint)
