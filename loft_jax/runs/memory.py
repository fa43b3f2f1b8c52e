"""Whether what is asked for fits into memory, judged before anything is allocated."""

import contextlib
import os
from pathlib import Path

from loft_jax.errors import InputError

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
_UNKNOWN = 2**40
"""Where the system does not tell: more than a machine with one user has."""


def check_fits(what: str, needed: int) -> None:
    """Check that `needed` bytes may be had.

    Args:
        what: subject of the sentence: the arguments and what they ask for.
        needed: bytes.

    Raises:
        InputError: saying how much memory it would take and how much there is.
    """
    there = available()
    if needed > there:
        msg = (
            f"{what} must fit into memory, got {readable(needed)} where {readable(there)} are free"
        )
        raise InputError(msg)


def available() -> int:
    """Bytes that the system would still give without swapping, and a container at most."""
    found = [_UNKNOWN]
    with contextlib.suppress(AttributeError, ValueError, OSError):  # not on Windows
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with contextlib.suppress(OSError, ValueError, StopIteration):  # Linux only
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(1024 * int(next(x for x in lines if x.startswith("MemAvailable")).split()[1]))
    with contextlib.suppress(OSError, ValueError):  # "max" where there is no limit
        found.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return min(found)


def readable(count: int) -> str:
    """A number of bytes with its unit, such as 1.5 GiB; rounded down."""
    power = max(0, count.bit_length() - 1) // 10
    if power >= len(_UNITS):
        return f"more than 1023 {_UNITS[-1]}"
    tenths = 10 * count // 1024**power
    return f"{count} bytes" if power == 0 else f"{tenths // 10}.{tenths % 10} {_UNITS[power]}"
