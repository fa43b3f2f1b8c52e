"""What tests of whole runs share: pictures that a tiny network tells apart, a signal that comes."""

import numpy as np

from loft_jax.runs.interrupt import Interrupt, Stopped


def bright_rows(path, rows, each, seed=0):
    """An archive of so many pictures of each class: noise, with a bright row of its own."""
    images = np.random.default_rng(seed).integers(0, 60, (each * len(rows), 8, 8), dtype=np.uint8)
    labels = np.repeat(np.arange(len(rows)), each)
    for label, row in enumerate(rows):
        images[labels == label, row] += 150
    np.savez(path, images=images, labels=labels)
    return path


def stopping(at):
    """An `Interrupt` to which a signal comes at this look at it."""
    looks = [0]

    class Stopping(Interrupt):
        @property
        def signal(self):
            looks[0] += 1
            return 2 if looks[0] == at else None

        @signal.setter
        def signal(self, value):
            pass

        def check(self, go_on):
            if looks[0] >= at:
                raise Stopped(2, go_on)

    return Stopping
