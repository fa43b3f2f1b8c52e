"""Commands run in the tests' own process, which spares the seconds that a new one imports."""

import contextlib
import importlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

from loft_jax import cli
from loft_jax.runs.interrupt import SIGNALS


def command(name: str, *flags: object, cwd: Path) -> subprocess.CompletedProcess:
    """What `python -m loft_jax.NAME FLAGS...` would have said and ended with, were it a process.

    For commands that are refused before work begins: what work leaves in a process it leaves here.
    """
    given = [name, *map(str, flags)]
    main = importlib.import_module(f"loft_jax.{name}").main
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    before, code = Path.cwd(), None
    os.chdir(cwd)
    try:
        with (
            mock.patch.object(sys, "argv", given),
            contextlib.redirect_stdout(io.StringIO()) as said,
            contextlib.redirect_stderr(io.StringIO()) as complained,
        ):
            cli.run(main)
    except SystemExit as end:
        code = end.code or 0
    finally:
        os.chdir(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert isinstance(code, int)
    return subprocess.CompletedProcess(given, code, said.getvalue(), complained.getvalue())
