"""Where a run happened: versions, devices, commit."""

import platform
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

PACKAGES = ("loft-iie", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "dm-pix")


def environment() -> dict[str, Any]:
    """Versions of what matters, devices, the commit of this checkout, the command."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version(name) for name in PACKAGES},
        "devices": [f"{device.platform}: {device.device_kind}" for device in jax.devices()],
        "processes": jax.process_count(),
        "commit": _commit(),
        "command": [sys.executable, *sys.argv],
    }


def peak_memory_bytes() -> int:
    """Largest resident memory of this process so far (host memory; not that of a GPU)."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux hands ru_maxrss down from the parent at exec; VmHWM belongs to this program alone.
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def resident_memory_bytes() -> int:
    """Resident memory of this process now; where only its peak is known, the peak."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_memory_bytes()
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def _commit() -> str | None:
    here = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
