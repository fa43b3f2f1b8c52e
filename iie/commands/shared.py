"""What every command shares: refusal in one sentence, flags of the same meaning, output files."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


class Parser(argparse.ArgumentParser):
    """argparse that refuses in one sentence, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and leave."""
        print(f"error: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def add_output_flags(parser: argparse.ArgumentParser, *, picture: str | None = None) -> None:
    """Add `--json`, and `--out` for a command that draws a picture of that default name."""
    if picture is not None:
        parser.add_argument(
            "--out",
            type=Path,
            default=Path(picture),
            metavar="FILE",
            help=f"where the picture goes: .png, .pdf or .svg (default {picture})",
        )
    beside = "; default: beside the picture" if picture is not None else ""
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help=f"write the table as numbers{beside}"
    )


def add_seed_flag(parser: argparse.ArgumentParser, what: str) -> None:
    """Add `--seed`."""
    parser.add_argument("--seed", type=int, default=0, help=f"of {what} (default 0)")


def check_writable(name: str, path: Path | None) -> None:
    """Refuse, before any work is done, a file that cannot be written.

    Raises:
        ValueError: if `path` is a folder, or its folder does not exist.
    """
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        msg = f"`{name}` must be a file in an existing folder, got {path}"
        raise ValueError(msg)


def checked_outputs(options: argparse.Namespace) -> Path:
    """Where a command that draws puts its numbers: `--json`, or beside the picture.

    Raises:
        ValueError: if the picture's name does not end in .png, .pdf or .svg, or one of both files
            cannot be written.
    """
    if options.out.suffix not in (".png", ".pdf", ".svg"):
        msg = f"`--out` must end in .png, .pdf or .svg, got {options.out}"
        raise ValueError(msg)
    check_writable("--out", options.out)
    json_file = options.json or options.out.with_suffix(".json")
    check_writable("--json", json_file)
    return json_file


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path` and move it there: whole or not at all.

    Raises:
        OSError: if the folder is missing or cannot be written; no partial file is left.
    """
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(partial)
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` to `path` whole or not at all.

    Raises:
        OSError: if the folder is missing or cannot be written; no partial file is left.
    """
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def console() -> Console:
    """Where tables go. rich cannot see the width of a pipe and would fold them to 80 columns."""
    return Console(width=None if sys.stdout.isatty() else 120, highlight=False, markup=False)


def table(text: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    """An empty table: columns of text at the left, columns of numbers after them."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in text:
        made.add_column(name, no_wrap=True)
    for name in numbers:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def finite(value: float) -> float | None:
    """The number as JSON knows it: None stands for infinity."""
    return value if abs(value) != float("inf") else None
