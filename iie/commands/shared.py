"""What every command shares: refusal in one sentence, flags of the same meaning, output files."""

import argparse
import codecs
import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from iie.records import finite

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLAIN = {"±": "+-", "√": "sqrt ", "²": "^2", "…": "...", "─": "-", "≥": ">=", "≤": "<="}


class Parser(argparse.ArgumentParser):
    """argparse that takes flags by their whole names and refuses in one sentence, exit code 2."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Print the sentence and leave."""
        print(f"error: {message} (see {self.prog} --help)", file=_speaking(sys.stderr))
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


def check_outputs(outputs: dict[str, Path | None], inputs: Iterable[Path] = ()) -> None:
    """Refuse, before any work is done, files that cannot be written or are another's.

    Raises:
        ValueError: if one is a folder or a device, or its folder does not exist; if two are one
            file; or if one is a file that is read.
    """
    taken = {path.resolve(): "that is read" for path in inputs}
    for name, path in outputs.items():
        if path is None:
            continue
        # A device would be replaced by the file that is moved there.
        if (path.exists() and not path.is_file()) or not path.absolute().parent.is_dir():
            msg = f"`{name}` must be a file in an existing folder, got {path}"
            raise ValueError(msg)
        if path.resolve() in taken:
            msg = f"`{name}` must be another file than the one {taken[path.resolve()]}, got {path}"
            raise ValueError(msg)
        taken[path.resolve()] = f"of `{name}`"


def checked_outputs(
    options: argparse.Namespace,
    inputs: Iterable[Path] = (),
    others: dict[str, Path | None] | None = None,
) -> Path:
    """Where a command that draws puts its numbers: `--json`, or beside the picture.

    Raises:
        ValueError: if the picture's name does not end in .png, .pdf or .svg; or as for
            `check_outputs`.
    """
    if options.out.suffix not in (".png", ".pdf", ".svg"):
        msg = f"`--out` must end in .png, .pdf or .svg, got {options.out}"
        raise ValueError(msg)
    json_file = options.json or options.out.with_suffix(".json")
    check_outputs({"--out": options.out, "--json": json_file, **(others or {})}, inputs)
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
    """Write `content` to `path` whole or not at all; infinity and NaN are null.

    Raises:
        OSError: if the folder is missing or cannot be written; no partial file is left.
    """
    text = json.dumps(finite(content), indent=2, allow_nan=False) + "\n"
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def draw(path: Path, make: "Callable[[], Figure]") -> str:
    """Draw what `make` makes; returns the line that says where it is.

    Called when the numbers are written: a picture that fails is a warning and costs nothing else.
    """
    from iie import plots

    try:
        with plots.own_style():
            made = make()
            write_whole(path, lambda partial: plots.save(made, partial))
    except ModuleNotFoundError as error:
        return f"no picture: {error.name} is not installed (pip install 'loft-iie[pictures]')"
    except Exception as error:
        reason = " ".join(str(error).split())
        print(f"warning: no picture in {path}: {reason}", file=_speaking(sys.stderr))
        return f"no picture ({type(error).__name__})"
    return f"look at   {path}"


def console() -> Console:
    """Where tables go. rich cannot see the width of a pipe and would fold them to 80 columns."""
    stream = _speaking(sys.stdout or io.StringIO())  # None where the terminal closed it
    width = None if stream.isatty() else 120
    # Names of files are neither markup nor emoji.
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def table(text: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    """An empty table: columns of text at the left, columns of numbers after them."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in text:
        made.add_column(name, no_wrap=True)
    for name in numbers:
        made.add_column(name, justify="right", no_wrap=True, min_width=max(len(name), 7))
    return made


def _speaking(stream: Any) -> Any:
    """The stream, made to spell what its encoding has no character for."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="iie-plain")
    return stream


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in text), error.end


codecs.register_error("iie-plain", _plainly)
