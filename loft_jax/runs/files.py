"""Files written whole or not at all, and JSON that notices when it was changed.

A file is first written beside its place, then moved into it. Every JSON object carries `sha256`, a
digest of the rest: a flipped bit gives a sentence, never another number.
"""

import contextlib
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from loft_jax.errors import InputError

SEAL = "sha256"


def check_place(path: Path, flag: str = "--out") -> None:
    """Check, before there is anything to write, that `path` is a place for a file.

    Raises:
        InputError: if it is a folder or a device, which a file moved there would replace, or in no
            folder.
    """
    place = None if path.absolute().parent.is_dir() else "is in a folder that is not there"
    if path.exists() and not path.is_file():
        place = "is a folder" if path.is_dir() else "is a device"
    if place is not None:
        msg = f"`{flag}` must be a file to write, got {path}, which {place}"
        raise InputError(msg)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically, with the permissions that the umask leaves.

    Of several processes that train together only the first writes. On failure the old file, if
    any, stays.
    """
    if _process() != 0:
        return
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object with its seal, atomically."""
    write_bytes(path, (json.dumps(sealed(value), indent=1, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object that `write_json` wrote, without its seal.

    Raises:
        InputError: if it is missing, damaged or was changed.
    """
    try:
        value = json.loads(path.read_bytes())
    # RecursionError: a thousand opening brackets.
    except (OSError, ValueError, RecursionError) as error:
        msg = f"`{path}` must be a JSON file that loft_jax wrote, got: {error}"
        raise InputError(msg) from error
    return unsealed(value, path)


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a JSON object on each line, atomically.

    The seal of a line is of the number of lines and its place among them too: a file that was cut
    after a whole line is noticed.
    """
    lines = [sealed(row, number, len(rows)) for number, row in enumerate(rows)]
    text = "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)
    write_bytes(path, text.encode())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects that `write_lines` wrote, one or more.

    Raises:
        InputError: if the file is missing, empty, damaged or was changed.
    """
    try:
        rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError, RecursionError) as error:
        msg = f"`{path}` must hold a JSON object on each line, got: {error}"
        raise InputError(msg) from error
    if not rows:
        msg = f"`{path}` must hold a JSON object on each line, got an empty file"
        raise InputError(msg)
    return [unsealed(row, path, number, len(rows)) for number, row in enumerate(rows)]


def sealed(value: dict[str, Any], *place: int) -> dict[str, Any]:
    """The object with a digest of all its entries, and of its place in a file of several."""
    return {**value, SEAL: _digest(value, *place)}


def unsealed(value: Any, path: Path, *place: int) -> dict[str, Any]:
    """The object without its seal.

    Raises:
        InputError: naming the file, if it is no object or the seal is not that of its entries.
    """
    if not isinstance(value, dict):
        msg = f"`{path}` must be a JSON object, got a {type(value).__name__}"
        raise InputError(msg)
    if SEAL not in value:
        msg = (
            f"`{path}` must carry the seal `{SEAL}` that loft_jax writes, got none: it is of an "
            "older format, whose folders are to be made again, or was edited"
        )
        raise InputError(msg)
    rest = {name: one for name, one in value.items() if name != SEAL}
    if value.get(SEAL) != _digest(rest, *place):
        msg = f"`{path}` must be as loft_jax wrote it, got one that was changed or damaged since"
        raise InputError(msg)
    return rest


def _digest(value: dict[str, Any], *place: int) -> str:
    text = json.dumps([value, *place] if place else value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _process() -> int:
    import jax  # a second to import, which who only reads is spared

    return jax.process_index()
