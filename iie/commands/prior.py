"""The flags that name a prior: what is believed of the private inputs before anything is seen."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float64

from iie._input import checks

if TYPE_CHECKING:
    from iie.covariance.base import Covariance

KINDS = ("isotropic", "power-law", "natural-images")


class NamedCovariance(NamedTuple):
    """A prior covariance with the words the tables call it by."""

    name: str
    covariance: "Covariance"


def add_prior_flags(parser: argparse.ArgumentParser) -> None:
    """Add `--prior --shape --exponent --variance`."""
    kinds = ", ".join(KINDS)
    parser.add_argument(
        "--prior",
        default="natural-images",
        help=f"{kinds}, or FILE.npy of samples, one a row (default natural-images)",
    )
    parser.add_argument(
        "--shape",
        type=int,
        nargs="+",
        default=None,
        metavar="N",
        help="d, or height width channels (default 64 64 3; not with FILE.npy)",
    )
    parser.add_argument(
        "--exponent",
        type=float,
        default=None,
        help="of the power spectrum: 1/frequency^E for natural images (default 2, Field 1987), "
        "i^-E for power-law (default 1.2)",
    )
    parser.add_argument(
        "--variance", type=float, default=1.0, help="mean variance of a coordinate (default 1)"
    )


def prior_of(options: argparse.Namespace) -> NamedCovariance:
    """The prior that the flags name.

    Raises:
        ValueError: if they do not name one.
    """
    if options.prior not in KINDS:
        return _measured(options)
    shape = tuple(options.shape or (64, 64, 3))
    if min(shape) < 1 or len(shape) > 3:
        msg = f"`--shape` must be 1 to 3 whole numbers of at least 1, got {_words(shape)}"
        raise ValueError(msg)
    if not (options.variance > 0 and math.isfinite(options.variance)):
        msg = f"`--variance` must be a positive number, got {options.variance}"
        raise ValueError(msg)
    if options.exponent is not None and not 0 <= options.exponent <= 16:
        msg = f"`--exponent` must be in 0..16, got {options.exponent}"
        raise ValueError(msg)
    return _natural(options, shape) if options.prior == "natural-images" else _plain(options, shape)


def _plain(options: argparse.Namespace, shape: tuple[int, ...]) -> NamedCovariance:
    from iie.covariance import DiagonalCovariance, IsotropicCovariance

    d = math.prod(shape)
    if options.prior == "isotropic":
        return NamedCovariance(f"isotropic, d = {d:,}", IsotropicCovariance(options.variance, d))
    exponent = 1.2 if options.exponent is None else options.exponent
    falling = np.arange(1, d + 1) ** -exponent
    variances = falling * (options.variance / falling.mean())
    return NamedCovariance(f"power law i^-{exponent:g}, d = {d:,}", DiagonalCovariance(variances))


def _natural(options: argparse.Namespace, shape: tuple[int, ...]) -> NamedCovariance:
    from iie.covariance import StationaryCovariance

    if len(shape) == 1:
        msg = f"`--shape` must be height width [channels] for natural images, got {_words(shape)}"
        raise ValueError(msg)
    exponent = 2.0 if options.exponent is None else options.exponent
    height, width, channels = (*shape, 1)[:3]
    covariance = StationaryCovariance.natural_images(
        (height, width, channels), exponent=exponent, variance=options.variance
    )
    name = f"natural images, {height} x {width} x {channels}, power 1/f^{exponent:g}"
    return NamedCovariance(name, covariance)


def _measured(options: argparse.Namespace) -> NamedCovariance:
    from iie.covariance import empirical_covariance

    if Path(options.prior).suffix != ".npy":
        msg = f"`--prior` must be {', '.join(KINDS)} or FILE.npy, got {options.prior}"
        raise ValueError(msg)
    samples = load_rows("--prior", Path(options.prior))
    name = f"{Path(options.prior).name}: {len(samples):,} samples, d = {samples.shape[1]:,}"
    return NamedCovariance(name, empirical_covariance(samples))


def load_rows(name: str, path: Path) -> Float64[np.ndarray, "n d"]:
    """The array in an .npy file, one sample (or filter) a row; further axes are flattened.

    Raises:
        ValueError: if it cannot be read, would have to be unpickled, or holds no finite numbers.
    """
    try:
        with path.open("rb") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
    except OSError as error:
        msg = f"`{name}` must be a readable .npy file, got {path} ({error.strerror or error})"
        raise ValueError(msg) from None
    except ValueError as error:
        msg = f"`{name}` must be an .npy file of numbers, got {path} ({error})"
        raise ValueError(msg) from None
    if array.ndim < 2 or array.size == 0:
        msg = f"`{name}` must hold at least one row of numbers, got shape {array.shape}"
        raise ValueError(msg)
    return checks.real_array(name, array.reshape(len(array), -1), 2)


def _words(shape: tuple[int, ...]) -> str:
    return " ".join(map(str, shape))
