"""A run folder: everything a later command needs to know of a run, under fixed names.

Files are written whole or not at all: first beside their place, then moved into it.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import jax

from loft_jax.config import RUN_FORMAT, TrainConfig, from_dict, to_dict
from loft_jax.data.dataset import Dataset
from loft_jax.data.split import Split
from loft_jax.errors import InputError
from loft_jax.nets.description import Description


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically; on failure the old one, if any, stays.

    Of several processes that train together only the first writes.
    """
    if jax.process_index() != 0:
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically."""
    write_bytes(path, (json.dumps(value, indent=1, allow_nan=False) + "\n").encode())


class RunFolder:
    """Paths and files of one run.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def create(cls, out: str | None, stem: str, parent: Path = Path("runs")) -> "RunFolder":
        """A new folder: exactly `out`, or `parent`/`stem`, numbered if that is taken.

        Raises:
            InputError: if `out` holds something already or cannot be made.
        """
        path = Path(out) if out is not None else _free(parent / stem)
        if jax.process_index() != 0:
            return cls(path)
        check_free(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            handle, probe = tempfile.mkstemp(dir=path)
            os.close(handle)
            Path(probe).unlink()
        except OSError as error:
            msg = f"`--out` must be a folder that can be written, got {path}: {error.strerror}"
            raise InputError(msg) from error
        return cls(path)

    @classmethod
    def open(cls, path: str) -> "RunFolder":
        """The run folder at `path`.

        Raises:
            InputError: if there is none.
        """
        folder = cls(Path(path))
        if not (folder.path / "config.json").is_file():
            msg = f"`RUN` must be a run folder (with a config.json), got {path}"
            raise InputError(msg)
        return folder

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoint"

    def write_config(self, config: TrainConfig) -> None:
        """Write config.json."""
        write_json(self.path / "config.json", {"format": RUN_FORMAT, **to_dict(config)})

    def read_config(self) -> TrainConfig:
        """Read config.json.

        Raises:
            InputError: if it is damaged or of another version.
        """
        values = self.read("config.json")
        if values.get("format") != RUN_FORMAT:
            msg = (
                f"`{self.path}` must be a run folder of format {RUN_FORMAT}, got format "
                f"{values.get('format')}: use the version of loft_jax that wrote it"
            )
            raise InputError(msg)
        return from_dict(values)

    def write_split(self, split: Split, data: Dataset) -> None:
        """Write split.json: indices of the training, validation and test pictures of `data`."""
        described = {**Description.of(data)._asdict(), "fingerprint": data.fingerprint}
        self.write("split.json", {"pictures": described, **split.to_json()})

    def read_description(self) -> Description:
        """Size, channels and classes of the pictures of the run.

        Raises:
            InputError: if split.json is damaged.
        """
        try:
            described = self.read("split.json")["pictures"]
            return Description(
                int(described["size"]),
                int(described["channels"]),
                tuple(described["class_names"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            msg = f"`{self.path / 'split.json'}` must describe the pictures, got no {error}"
            raise InputError(msg) from error

    def read_split(self, data: Dataset) -> Split:
        """Read split.json and check that it was made for `data`.

        Raises:
            InputError: if it is damaged, or the pictures are not those of the run.
        """
        values = self.read("split.json")
        if values.pop("pictures", {}).get("fingerprint") != data.fingerprint:
            msg = (
                f"`{data.name}` must hold the pictures that the run {self.path} was trained on, "
                "got others: have files been added, removed or changed?"
            )
            raise InputError(msg)
        return Split.from_json(values, images=len(data.images))

    def write(self, name: str, value: Any) -> None:
        """Write a JSON file of this name."""
        write_json(self.path / name, value)

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Write metrics.jsonl, a row an epoch."""
        lines = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        write_bytes(self.path / "metrics.jsonl", lines.encode())

    def read(self, name: str) -> dict[str, Any]:
        """Read a JSON file of this name.

        Raises:
            InputError: if it is missing or damaged.
        """
        try:
            value = json.loads((self.path / name).read_text())
        except (OSError, ValueError) as error:
            msg = f"`{self.path / name}` must be a JSON file that loft_jax wrote, got: {error}"
            raise InputError(msg) from error
        if not isinstance(value, dict):
            msg = f"`{self.path / name}` must be a JSON object, got a {type(value).__name__}"
            raise InputError(msg)
        return value


def check_free(path: Path) -> None:
    """Check that nothing is at `path` that a new run would mix with.

    Raises:
        InputError: if it is a file, or a folder that holds something.
    """
    if path.is_file() or (path.is_dir() and any(path.iterdir())):
        msg = (
            f"`--out` must be a new or empty folder, got {path}, which is not; choose "
            f"another, or continue a run there with --resume {path}"
        )
        raise InputError(msg)


def _free(path: Path) -> Path:
    taken = 1
    candidate = path
    while candidate.exists():
        taken += 1
        candidate = path.with_name(f"{path.name}-{taken}")
    return candidate
