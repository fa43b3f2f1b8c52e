"""The flags that name a prior: what is believed of the private inputs before anything is seen."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from iie.commands.arrays import FILES, is_file_name, load_rows, named_file

if TYPE_CHECKING:
    from iie.covariance.base import Covariance

KINDS = ("isotropic", "power-law", "natural-images")
LARGEST = 2**26  # coordinates: half a gigabyte for each array of as many numbers


class NamedCovariance(NamedTuple):
    """A prior covariance with the words the tables call it by.

    Attributes:
        shrinkage: of a covariance that was estimated, towards a multiple of the identity.
    """

    name: str
    covariance: "Covariance"
    shrinkage: float | None = None

    @property
    def estimated(self) -> str:
        """How S was estimated, as a sentence to print; empty for a covariance that is given."""
        if self.shrinkage is None:
            return ""
        return (
            f"S is the samples' covariance, shrunk towards a multiple of the identity by a share of"
            f" {self.shrinkage:.3g} (Ledoit and Wolf 2004); all numbers are in-sample."
        )


def add_prior_flags(parser: argparse.ArgumentParser) -> None:
    """Add `--prior --shape --exponent --variance`."""
    kinds = ", ".join(KINDS)
    parser.add_argument(
        "--prior",
        default="natural-images",
        help=f"{kinds}, or samples, one a row: {FILES} (default natural-images)",
    )
    parser.add_argument(
        "--shape",
        type=int,
        nargs="+",
        default=None,
        metavar="N",
        help="d, or height width channels (default 64 64 3; not with samples)",
    )
    parser.add_argument(
        "--exponent",
        type=float,
        default=None,
        help="of the power spectrum: 1/frequency^E for natural images (default 2, Field 1987), "
        "i^-E for power-law (default 1.2)",
    )
    parser.add_argument(
        "--variance",
        type=float,
        default=None,
        help="mean variance of a coordinate (default 1; not with samples)",
    )


def prior_of(options: argparse.Namespace) -> NamedCovariance:
    """The prior that the flags name.

    Raises:
        ValueError: if they do not name one.
    """
    if options.prior not in KINDS:
        return _measured(options)
    shape, variance = tuple(options.shape or (64, 64, 3)), _variance(options)
    if min(shape) < 1 or len(shape) > 3:
        msg = f"`--shape` must be 1 to 3 whole numbers of at least 1, got {_words(shape)}"
        raise ValueError(msg)
    if math.prod(shape) > LARGEST:
        msg = f"`--shape` must hold at most {LARGEST:,} numbers, got {_words(shape)}"
        raise ValueError(msg)
    if options.exponent is not None and not 0 <= options.exponent <= 16:
        msg = f"`--exponent` must be in 0..16, got {options.exponent}"
        raise ValueError(msg)
    make = _natural if options.prior == "natural-images" else _plain
    return make(options, shape, variance)


def prior_files(options: argparse.Namespace) -> list[Path]:
    """The files that the flags name, to be read."""
    return [] if options.prior in KINDS else [named_file(options.prior)[0]]


def _variance(options: argparse.Namespace) -> float:
    variance = 1.0 if options.variance is None else options.variance
    if not (variance > 0 and math.isfinite(variance)):
        msg = f"`--variance` must be a positive number, got {variance}"
        raise ValueError(msg)
    return variance


def _plain(options: argparse.Namespace, shape: tuple[int, ...], variance: float) -> NamedCovariance:
    from iie.covariance import DiagonalCovariance, IsotropicCovariance

    d = math.prod(shape)
    if options.prior == "isotropic":
        refuse(options, "exponent", "with --prior isotropic")
        return NamedCovariance(f"isotropic, d = {d:,}", IsotropicCovariance(variance, d))
    exponent = 1.2 if options.exponent is None else options.exponent
    falling = np.arange(1, d + 1) ** -exponent
    variances = falling * (variance / falling.mean())
    return NamedCovariance(f"power law i^-{exponent:g}, d = {d:,}", DiagonalCovariance(variances))


def _natural(
    options: argparse.Namespace, shape: tuple[int, ...], variance: float
) -> NamedCovariance:
    from iie.covariance import StationaryCovariance

    if len(shape) == 1:
        msg = f"`--shape` must be height width [channels] for natural images, got {_words(shape)}"
        raise ValueError(msg)
    exponent = 2.0 if options.exponent is None else options.exponent
    height, width, channels = (*shape, 1)[:3]
    covariance = StationaryCovariance.natural_images(
        (height, width, channels), exponent=exponent, variance=variance
    )
    name = f"natural images, {height} x {width} x {channels}, power 1/f^{exponent:g}"
    return NamedCovariance(name, covariance)


def _measured(options: argparse.Namespace) -> NamedCovariance:
    from iie.covariance import empirical_covariance

    if not is_file_name(options.prior):
        msg = f"`--prior` must be {', '.join(KINDS)}, FILE.npy or FILE.npz:KEY, got {options.prior}"
        raise ValueError(msg)
    for flag in ("shape", "exponent", "variance"):
        refuse(options, flag, "with samples")
    samples = load_rows("--prior", options.prior)
    if len(samples) < 2 or np.ptp(samples, axis=0).max() == 0:
        msg = f"`--prior` must hold samples that differ, got {len(samples)} that are all the same"
        raise ValueError(msg)
    S = empirical_covariance(samples)
    name = f"{Path(options.prior).name}: {len(samples):,} samples, d = {samples.shape[1]:,}"
    return NamedCovariance(name, S, S.shrinkage)


def refuse(options: argparse.Namespace, flag: str, why: str) -> None:
    """Nothing, if a flag that would do nothing was left out.

    Raises:
        ValueError: if it was given.
    """
    value = getattr(options, flag)
    if value not in (None, False):
        msg = f"`--{flag}` must be left out {why}, got {value}"
        raise ValueError(msg)


def _words(shape: tuple[int, ...]) -> str:
    return " ".join(map(str, shape))
