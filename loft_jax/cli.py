"""What every command shares: flags from dataclasses, one sentence for bad input, exit codes.

Exit codes: 0 done; 2 bad input or no room to write; 3 the run diverged; 130 and 143 stopped by
SIGINT or SIGTERM after saving. An audit with limits ends with 1 above one, 3 undecided.
"""

import contextlib
import io
import itertools
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from types import ModuleType
from typing import Any, NoReturn, TypeVar

from loft_jax.errors import DivergenceError, InputError, SaveError
from loft_jax.runs.interrupt import EXIT_SIGNAL, Stopped, leave_quietly

STARTED = time.perf_counter()
"""When the user began to wait: what a command imports before this file takes no time."""

NEVER_MISSING = ("", "iie", "loft_jax")
"""What is not found there is a mistake of ours, not an extra that was left out."""

Config = TypeVar("Config")
Read = Callable[[Any], Any]
"""What gives settings with the flags or keywords over them, from those or, where some must be
given, from their type."""


def offer(module: str, function: Callable[..., Any], main: Callable[[Sequence[str]], int]) -> None:
    """Let `loft_jax.train(...)` call `function`, and `python -m loft_jax.train` run `main`."""
    if module == "__main__":
        run(main)

    @wraps(function)
    def call(*args: Any, **settings: Any) -> Any:
        try:
            return function(*args, **settings)
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(_lacking(error), name=error.name) from error

    kind = type("Command", (ModuleType,), {"__call__": staticmethod(call)})
    sys.modules[module].__class__ = kind


def _lacking(error: ModuleNotFoundError) -> str:
    """What to install for the package that is not there."""
    if (error.name or "").partition(".")[0] in NEVER_MISSING:
        raise error
    return f"{error.name} is not installed; networks need: pip install 'loft-iie[networks]'"


def command(
    name: str,
    description: str | Callable[[], str],
    job: Callable[..., Any],
    listings: Mapping[str, Callable[[], Any]] | None = None,
    code: Callable[[Any], int] = lambda _: 0,
) -> Callable[[Sequence[str]], int]:
    """What runs a command: flags in, the result of its job shown, an exit code out.

    Args:
        name: of its module.
        description: for --help.
        job: (read, started) -> result; `read` gives settings with what the flags say over them.
        listings: flags that only show something, which theirs makes.
        code: the exit code that the result stands for.
    """

    def main(args: Sequence[str]) -> int:
        """Run the command; returns its exit code."""
        for flag, listing in (listings or {}).items():
            if flag in args:
                show(listing())
                return 0
        told = description if isinstance(description, str) else description()
        read = partial(parse, prog=f"python -m loft_jax.{name}", description=told, args=args)
        result = job(read, started=STARTED)
        show(result)
        return code(result)

    return main


def parse(
    asked: Config | type[Config], *, prog: str, description: str, args: Sequence[str]
) -> Config:
    """The settings with what the flags say over them; exits with help or one sentence otherwise.

    Args:
        asked: what holds where no flag says otherwise, or its type, where some flag must.
        prog: the command, for --help.
        description: for --help.
        args: the flags.
    """
    import tyro  # a third of a second, in which nobody can be told anything

    needed = isinstance(asked, type)
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(
                asked if needed else type(asked),
                prog=prog,
                description=description,
                args=args,
                default=tyro.MISSING_NONPROP if needed else asked,
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


def fail(sentence: str, code: int = 2) -> NoReturn:
    """Print one sentence to stderr and leave."""
    print(f"error: {sentence}", file=sys.stderr)
    raise SystemExit(code)


def run(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Run a command; what the user can mend becomes one sentence and an exit code."""
    leave_quietly()
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
    except ModuleNotFoundError as error:
        fail(_lacking(error))
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
