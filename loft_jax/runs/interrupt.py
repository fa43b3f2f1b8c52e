"""SIGINT and SIGTERM: a flag that work reads where it can be saved, and a quiet end before."""

import os
import signal
import sys
import threading
from types import FrameType

EXIT_SIGNAL = 128
"""Shells report a process that a signal ended as 128 + its number."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """A signal came and what was done is saved.

    Attributes:
        signal: its number.
        go_on: what to type to continue.
    """

    def __init__(self, number: int, go_on: str):
        name = signal.Signals(number).name
        super().__init__(f"{name}: stopped, nothing finished is lost; go on with\n  {go_on}")
        self.signal, self.go_on = number, go_on


class Interrupt:
    """Remembers the first signal while the context is open; a second one acts at once.

    Nothing is raised: an exception inside a callback of the compiler would be lost. In a thread,
    where Python handles no signals, it does nothing.

    Attributes:
        signal: the signal that came, or None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._previous: dict[int, object] = {}

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]

    def check(self, go_on: str) -> None:
        """Leave if a signal came.

        Raises:
            Stopped: telling to type `go_on`.
        """
        if self.signal is not None:
            raise Stopped(self.signal, go_on)

    def _note(self, number: int, _: FrameType | None) -> None:
        self.signal = number
        signal.signal(number, self._previous[number])  # pyright: ignore[reportArgumentType]


def leave_quietly() -> None:
    """End on a signal without a traceback, until work begins that can be saved.

    Commands call it before their imports, which take a second.
    """

    def leave(number: int, _: FrameType | None) -> None:
        name = signal.Signals(number).name
        print(f"error: {name}: stopped before there was anything to save", file=sys.stderr)
        os._exit(EXIT_SIGNAL + number)

    for number in SIGNALS:
        signal.signal(number, leave)
