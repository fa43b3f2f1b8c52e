"""Settings of pictures: where they come from, how they are split, how training changes them."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from loft_jax.data.first import First
from loft_jax.data.resize import Side
from loft_jax.errors import InputError
from loft_jax.runs.schema import WHERE
from loft_jax.runs.settings import Seed

Share = Annotated[float, Interval(ge=0, le=1)]
Half = Annotated[float, Interval(ge=0, le=0.5)]
AreaShare = Annotated[float, Interval(gt=0, le=1)]


@dataclass(frozen=True)
class DataConfig:
    """Pictures: where they come from and how they are split."""

    data: Annotated[str, WHERE] = "faces"
    """faces (synthetic, drawn here), digits (bundled), FILE.npz or a FOLDER of class folders."""
    size: Side | None = None
    """Side of the square pictures in pixels; none keeps that of the files (faces, digits: 32)."""
    identities: Annotated[int, Interval(ge=2, le=10**6)] = 128
    """Synthetic faces only: number of people."""
    pictures: Annotated[int, Interval(ge=2, le=10**5)] = 32
    """Synthetic faces only: pictures of each person, before the split."""
    first_classes: Annotated[int, Interval(ge=2, le=10**6)] | None = None
    """Not for what is drawn: use so many classes, the first; none is all."""
    first_pictures: Annotated[int, Interval(ge=2, le=10**6)] | None = None
    """Not for what is drawn: use so many pictures of each class, the first; none is all."""
    test_fraction: Annotated[float, Interval(gt=0, lt=1)] = 0.25
    """Share of each class held out for the closing test."""
    validation_fraction: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """Share of the remaining pictures that chooses the best checkpoint."""
    skip_unreadable: bool = False
    """Leave out pictures that cannot be read instead of stopping."""
    data_seed: Seed | None = None
    """Seeds the synthetic people and the split, so that runs of several seeds share them; none is
    --seed."""

    @property
    def first(self) -> First:
        """How much of a set that is there is used."""
        return First(self.first_classes, self.first_pictures)


@dataclass(frozen=True)
class AugmentConfig:
    """Augmentation of the training pictures; the defaults leave them as they are."""

    crop_scale: tuple[AreaShare, AreaShare] = (1.0, 1.0)
    """Random resized crop: smallest and largest share of the area that is kept."""
    flip: bool = False
    """Mirror half of the pictures."""
    shift: Half = 0.0
    """Largest random shift, as a share of the side."""
    brightness: Share = 0.0
    """Strength of the brightness jitter."""
    contrast: Share = 0.0
    """Strength of the contrast jitter."""
    saturation: Share = 0.0
    """Strength of the saturation jitter (colour pictures)."""
    hue: Half = 0.0
    """Strength of the hue jitter (colour pictures)."""
    erase: Share = 0.0
    """Probability of erasing a random rectangle."""
    erase_scale: tuple[AreaShare, AreaShare] = (0.02, 0.2)
    """Smallest and largest share of the area that is erased."""

    def check(self) -> None:
        """Check that intervals are not empty.

        Raises:
            InputError: naming the flag, what is allowed and what came.
        """
        for flag, (low, high) in (
            ("crop-scale", self.crop_scale),
            ("erase-scale", self.erase_scale),
        ):
            if not low <= high:
                msg = f"`--{flag}` must be two numbers with 0 < low <= high <= 1, got {low} {high}"
                raise InputError(msg)
