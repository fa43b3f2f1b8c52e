"""Keeps memory that XLA frees, instead of giving it back to the system after every step.

XLA's CPU backend asks malloc for its buffers at each call. Above 128 kB glibc maps fresh pages for
each, which the kernel fills with zeros: 105,000 page faults in six steps of a small residual net,
and a fifth of their time (benchmarks/README.md).
"""

import ctypes
import sys

# Constants of glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
GIB = 2**30


def keep_freed_memory() -> None:
    """Let glibc reuse freed buffers; call before JAX makes threads. Elsewhere it does nothing."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # another C library, such as musl
        return
    mallopt(M_MMAP_THRESHOLD, GIB)
    mallopt(M_TRIM_THRESHOLD, 2 * GIB - 1)
    # Threads' own arenas are maps of 64 MB, trimmed whatever the threshold says.
    mallopt(M_ARENA_MAX, 1)
