"""The folder of a job: it appears whole, one process works on it, it is read with suspicion."""

import contextlib
import errno
import os
import secrets
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import filelock
import jax

from loft_jax.errors import InputError
from loft_jax.runs import files, schema
from loft_jax.runs.parts import part_of

CONFIG, NEW = "config.json", ".new"

Kind = TypeVar("Kind", bound="Folder")
Settings = TypeVar("Settings")


class Folder(Generic[Settings]):
    """Paths and files of one job.

    Attributes:
        path: the folder.
    """

    kind: ClassVar[str]
    """What its config.json says it is."""
    format: ClassVar[int]
    """Version of its layout; raised when an older reader would misread it."""
    made_by: ClassVar[str]
    """The command that makes such folders, for messages."""
    asked: type[Settings]
    """The settings that its config.json holds beside kind and format."""

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def create(
        cls: type[Kind],
        out: str | None,
        stem: str,
        parent: Path = Path("runs"),
        *,
        config: dict[str, Any],
        others: Mapping[str, dict[str, Any]] | None = None,
    ) -> Kind:
        """A new folder: exactly `out`, or `parent`/`stem`, numbered if that is taken.

        It is made beside its place and moved there: nobody ever finds it without its config.json,
        and two that start together get two folders. What cannot be replaced, a mount point say, is
        filled, config.json last; a kill within these moments leaves what `check_free` refuses.

        Args:
            out: `--out`.
            stem: name, where `out` is None.
            parent: where, in that case.
            config: of config.json.
            others: further JSON files, by name.

        Raises:
            InputError: if `out` holds something already or cannot be made.
        """
        first = _named(Path(out)) if out is not None else parent / stem
        if jax.process_index() != 0:
            return cls(first)
        if out is not None:
            check_free(first)
        inside = out is not None and first.is_dir() and _stays(first)
        beside = first / NEW if inside else first.with_name(f".{first.name}.{secrets.token_hex(4)}")
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.mkdir()  # in a folder one at a time
        except OSError as error:
            raise InputError(_unwritable(first, error)) from error
        try:
            for name, value in (others or {}).items():
                files.write_json(beside / name, value)
            head = {"kind": cls.kind, "format": cls.format}
            files.write_json(beside / CONFIG, {**head, **config})
            if inside:
                _move_in(beside, first)
                return cls(first)
            return cls(_placed(beside, first, numbered=out is None))
        except OSError as error:
            raise InputError(_unwritable(first, error)) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    @classmethod
    def open(cls: type[Kind], path: str | Path, flag: str = "RUN") -> Kind:
        """The folder of a job of this kind.

        Raises:
            InputError: if there is none, or it is of another kind or version.
        """
        folder = cls(Path(path))
        if not str(path) or not (folder.path / CONFIG).is_file():
            msg = f"`{flag}` must be a folder of {cls.made_by}, got {path or 'nothing'}"
            raise InputError(msg)
        found = folder.read(CONFIG)
        if found.get("kind") != cls.kind:
            msg = f"`{flag}` must be a folder of {cls.made_by}, got {path}, of another kind"
            raise InputError(msg)
        if found.get("format") != cls.format:
            msg = (
                f"`{folder.path}` must be of format {cls.format}, got format "
                f"{found.get('format')}: use the version of loft_jax that wrote it"
            )
            raise InputError(msg)
        return folder

    def settings(self) -> dict[str, Any]:
        """What config.json holds beside kind and format."""
        found = self.read(CONFIG)
        return {name: value for name, value in found.items() if name not in ("kind", "format")}

    def config(self) -> Settings:
        """How it was asked for.

        Raises:
            InputError: if config.json is damaged or of another version.
        """
        return schema.read(self.asked, self.settings(), str(self.path / CONFIG))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Work in this folder while no other process does.

        Raises:
            InputError: if another one is at work.
        """
        if jax.process_index() != 0:
            yield
            return
        lock = filelock.FileLock(self.path / ".lock")
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            msg = f"`{self.path}` must not be worked on by another process, got one that is"
            raise InputError(msg) from None
        try:
            yield
        finally:
            lock.release()

    def __contains__(self, name: str) -> bool:
        return (self.path / name).is_file()

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Write a JSON file of this name."""
        files.write_json(self.path / name, value)

    def read(self, name: str, holds: type | None = None) -> dict[str, Any]:
        """Read a JSON file of this name.

        Args:
            name: of the file.
            holds: record of the entries that it must have; it may have more.

        Raises:
            InputError: if it is missing, damaged or was changed, or an entry is not as `holds`
                says.
        """
        values = files.read_json(self.path / name)
        if holds is not None:
            part_of(holds, values, str(self.path / name))
        return values


def check_free(path: Path) -> None:
    """Check that a new run can be made at `path`, with nothing there that it would mix with.

    Raises:
        InputError: if it is a file, or a folder that holds something, or cannot be written.
    """
    try:
        # lexists: a link to nowhere is no place for a folder either.
        taken = any(path.iterdir()) if path.is_dir() else os.path.lexists(path)
        home = next(one for one in (path, *path.absolute().parents) if one.exists())
    except OSError as error:
        raise InputError(_unwritable(path, error)) from error
    if taken:
        go_on = f", or continue a run there with --resume {shlex.quote(str(path))}"
        begun = (path / CONFIG).is_file()
        msg = f"`--out` must be a new or empty folder, got {path}, which is not; choose another"
        raise InputError(msg + (go_on if begun else ""))
    if not home.is_dir() or not os.access(home, os.W_OK | os.X_OK):
        kind = errno.EACCES if home.is_dir() else errno.ENOTDIR
        raise InputError(_unwritable(path, OSError(kind, os.strerror(kind))))


def _named(path: Path) -> Path:
    """The path; of one without a name, such as `.`, the place that it means."""
    return path if path.name not in ("", "..") else path.resolve()


def _stays(place: Path) -> bool:
    """Whether an empty folder is filled: a link or a mount point, or we stand in it."""
    return place.is_symlink() or place.is_mount() or place.samefile(Path.cwd())


def _move_in(beside: Path, place: Path) -> None:
    """Move the files to the folder that they were made in, last what says that all are there."""
    if [one.name for one in place.iterdir()] != [beside.name]:
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
    for name in sorted(os.listdir(beside), key=CONFIG.__eq__):
        os.rename(beside / name, place / name)


def _placed(beside: Path, first: Path, *, numbered: bool) -> Path:
    """Move the folder to its place, or to the first free number after it."""
    taken, place = 1, first
    while True:
        try:
            if place.is_dir():
                place.rmdir()  # an empty one may be replaced; another one refuses
            os.rename(beside, place)
        except OSError:
            if not numbered or not place.exists():
                raise
            taken += 1
            place = first.with_name(f"{first.name}-{taken}")
        else:
            return place


def _unwritable(path: Path, error: OSError) -> str:
    return f"`--out` must be a folder that can be written, got {path}: {error.strerror or error}"
