"""Synthetic faces with a known law: people who do not exist."""

from loft_jax.data.sources.base import DEFAULT_SIZE, Law, Population, Source


def face_law(size: int, channels: int, seed: int, population: Population) -> Law:
    """The law of the faces, `loft_jax.data.faces.FaceLaw`."""
    from loft_jax.data.faces import FaceLaw  # imports JAX, which reading files does not need

    return FaceLaw(size, channels, seed, population)


FACES = Source(
    law=face_law,
    shown=True,
    noun="people",
    singular="person",
    preset="faces32",
    size=DEFAULT_SIZE,
    cite=("loftiie",),
)
