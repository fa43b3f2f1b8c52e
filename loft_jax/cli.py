"""What every command shares: flags from dataclasses, one sentence for bad input, exit codes.

Exit codes: 0 done; 2 bad input or no room to write; 3 the run diverged; 130 and 143 stopped by
SIGINT or SIGTERM after saving.
"""

import contextlib
import io
import itertools
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NoReturn, TypeVar

from loft_jax.errors import DivergenceError, InputError, SaveError
from loft_jax.runs.interrupt import EXIT_SIGNAL, Stopped

Config = TypeVar("Config")


def parse(
    config_type: type[Config],
    *,
    prog: str,
    description: str,
    args: Sequence[str],
    default: Config | None = None,
) -> Config:
    """The settings that the flags give; prints help or one sentence and exits where they do not."""
    import tyro  # a third of a second, in which nobody can be told anything

    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(
                config_type,
                prog=prog,
                description=description,
                args=args,
                default=tyro.MISSING_NONPROP if default is None else default,
                config=(tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes),
            )
    except SystemExit as stop:
        if stop.code:
            fail(f"{_sentence(complaint.getvalue())} (try: {prog} --help)")
        raise


def _sentence(box: str) -> str:
    """The first paragraph of tyro's box, drawn with lines or with dashes, as one line."""
    lines = [line.strip("│ ") for line in box.splitlines()]
    inside = itertools.dropwhile(lambda line: not _is_rule(line), lines)
    next(inside, None)
    first = itertools.takewhile(lambda line: not _is_rule(line), inside)
    return " ".join(line for line in first if line)


def _is_rule(line: str) -> bool:
    return line.startswith("╭") or (bool(line) and not line.strip("─-╰╯"))


def show(what: Any) -> None:
    """Print a result, or anything else that rich can draw."""
    from loft_jax.runs.session import console

    console().print(what)


def callable_module(name: str, function: Callable[..., Any]) -> None:
    """Let `loft_jax.train(...)` call `function`, although `loft_jax.train` is a module."""
    kind = type("Command", (ModuleType,), {"__call__": staticmethod(function)})
    sys.modules[name].__class__ = kind


def fail(sentence: str, code: int = 2) -> NoReturn:
    """Print one sentence to stderr and leave."""
    print(f"error: {sentence}", file=sys.stderr)
    raise SystemExit(code)


def run(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run a command; what the user can mend becomes one sentence and an exit code."""
    # Python leaves None where a stream was closed (>&-).
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot print a character gets its number, not an exception.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main(sys.argv[1:])
    except InputError as error:
        fail(str(error))
    except SaveError as error:
        print(f"error: {error}", file=sys.__stderr__, flush=True)
        sys.stdout.flush()
        # Orbax's unfinished writers would print a page of tracebacks while Python shuts down.
        os._exit(2)
    except DivergenceError as error:
        fail(str(error), code=3)
    except Stopped as stop:
        show(str(stop))
        raise SystemExit(EXIT_SIGNAL + stop.signal) from None
    except KeyboardInterrupt:
        fail("stopped; a run whose training had begun goes on with --resume", code=130)
    except BrokenPipeError:
        # Whoever read our output (head, less) has gone: nothing is wrong, and nobody listens.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        fail(f"the file system refused: {error.strerror or error}{where}")
    raise SystemExit(code)
