"""Where a run happened: versions, devices, commit."""

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import jax

PACKAGES = ("loft-iie", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "dm-pix")


def environment() -> dict[str, Any]:
    """Versions of what matters, devices, the commit of this checkout, the command."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "devices": [f"{device.platform}: {device.device_kind}" for device in jax.devices()],
        "processes": jax.process_count(),
        "commit": _commit(),
        "command": [sys.executable, *sys.argv],
    }


def peak_memory_bytes() -> int:
    """Largest resident memory of this process so far (host memory; not that of a GPU)."""
    # Linux hands ru_maxrss down from the parent at exec; VmHWM belongs to this program alone.
    if (peak := _status("VmHWM")) is not None:
        return peak
    try:
        import resource  # not on Windows
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def resident_memory_bytes() -> int:
    """Resident memory of this process now; where only its peak is known, the peak."""
    return _status("VmRSS") or peak_memory_bytes()


class Memory(NamedTuple):
    """Host memory of this process at one moment, in bytes.

    Attributes:
        resident: what it held then.
        peak: the most that it had held by then.
    """

    resident: int
    peak: int


def memory() -> Memory:
    """Of now."""
    return Memory(resident_memory_bytes(), peak_memory_bytes())


def _status(entry: str) -> int | None:
    """Bytes that Linux tells of this process; None elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(row for row in status.read_text().splitlines() if row.startswith(entry))
    return int(line.split()[1]) * 1024


def _version(name: str) -> str | None:
    """None in a checkout that is used without being installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Of the checkout that this file belongs to; None where it is in none.

    A package installed below somebody else's repository is tracked by no file of it.
    """
    here = Path(__file__)
    try:
        for question in (["ls-files", "--error-unmatch", here.name], ["rev-parse", "HEAD"]):
            found = subprocess.run(
                ["git", *question], cwd=here.parent, capture_output=True, text=True, check=True
            )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
