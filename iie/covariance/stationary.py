"""Images whose statistics do not depend on the place: a power spectrum instead of a matrix."""

from collections.abc import Sequence
from functools import cached_property
from typing import SupportsFloat, SupportsInt

import numpy as np
import scipy
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.covariance._columns import by_blocks
from iie.covariance.base import Covariance, Eigenpairs, Modes
from iie.covariance.dense import DenseCovariance

SINGULAR = 100 * float(np.finfo(np.float64).eps)  # of the largest eigenvalue: the FFT's rounding


class StationaryCovariance(Covariance):
    """S = (F^* diag(p) F) (x) C on a periodic grid of h x w pixels with c channels.

    F is the unitary discrete Fourier transform, so the eigenvalues are all products of an entry of
    p and an eigenvalue of C. An image "h w c" is flattened in C order, d = h w c. The root is
    the symmetric one, S^{1/2}.

    Args:
        power: p, "h w", unit u^2, in the order of numpy.fft.fft2 (zero frequency first). Real
            images have the same power at a frequency and at its negative.
        coupling: C, "c c", how the channels vary together; None is a single channel.

    Raises:
        ValueError: if `power` is empty, negative or not symmetric under negation of the frequency,
            or `coupling` is not a covariance.

    Examples:
        >>> StationaryCovariance([[4, 1, 1]]).dense().round(12)
        array([[2., 1., 1.],
               [1., 2., 1.],
               [1., 1., 2.]])

    Source: references.bib:gray2006toeplitz, chapter 3 (circulant matrices).
    """

    def __init__(self, power: ArrayLike, coupling: ArrayLike | None = None) -> None:
        self.power = _symmetric_power(power)
        self._channels = DenseCovariance([[1.0]] if coupling is None else coupling, name="coupling")

    @classmethod
    def natural_images(
        cls,
        shape: Sequence[SupportsInt],
        exponent: SupportsFloat = 2.0,
        variance: SupportsFloat = 1.0,
        correlation: SupportsFloat = 0.9,
    ) -> "StationaryCovariance":
        """Power ~ 1/|f|^exponent, as natural images have it.

        |f| is the Euclidean frequency in cycles per pixel. At f = 0, where the law diverges, the
        power is that of the lowest frequency of the grid (a choice of ours, as are the periodic
        edges and the default correlation). All pairs of channels have the same correlation.

        Args:
            shape: (h, w, c).
            exponent: of the power law, at least 0; the amplitude falls with half of it.
            variance: of every pixel, in u^2.
            correlation: between two channels of a pixel, in [-1/(c - 1), 1].

        Raises:
            ValueError: if `shape` is not three positive integers, `exponent` or `variance` is
                negative, or no channels can have that `correlation`.

        Examples:
            >>> StationaryCovariance.natural_images((4, 4, 3), variance=0.5).trace()
            24.0

        Source: references.bib:field1987relations (exponent 2).
        """
        h, w, c = _image_shape(shape)
        exponent = checks.number("exponent", exponent, at_least=0.0)
        variance = checks.number("variance", variance, at_least=0.0)
        frequency = np.hypot(scipy.fft.fftfreq(h)[:, None], scipy.fft.fftfreq(w))
        frequency[0, 0] = frequency.ravel()[1:].min(initial=1.0)
        relative = (frequency / frequency.max()) ** -exponent
        return cls(variance * relative / relative.mean(), _equicorrelated(c, correlation))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(h, w, c)."""
        h, w = self.power.shape
        return h, w, self._channels.dim

    @property
    def coupling(self) -> Float64[np.ndarray, "c c"]:
        """The coupling C."""
        return self._channels.matrix

    @property
    def dim(self) -> int:
        """The dimension d = h w c."""
        return self.power.size * self._channels.dim

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x, by FFT; the transpose of the result is C-contiguous."""
        return self._filter(x, self.power, self.coupling)

    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x, by FFT.

        Raises:
            ValueError: if the smallest eigenvalue is below 100 eps of the largest, or C is
                numerically singular.
        """
        values = self._channels.spectrum()
        smallest, largest = self.power.min() * values[-1], self.power.max() * values[0]
        if smallest <= SINGULAR * largest:
            msg = (
                f"the covariance is singular: smallest eigenvalue {smallest:.3g} beside a largest"
                f" of {largest:.3g}; `power` must be positive and `coupling` of full rank"
            )
            raise ValueError(msg)
        inverse = self._channels.solve(np.eye(self._channels.dim))
        return self._filter(x, 1 / self.power, inverse)

    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """S^{1/2} z, by FFT."""
        return self._filter(z, np.sqrt(self.power), self._coupling_root)

    def root_adjoint(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "q k"]:
        """S^{1/2} x, by FFT."""
        return self.root(x)

    def modes(self, x: Float64[np.ndarray, "d k"]) -> Modes:
        """Real and imaginary parts of the waves, in the axes of C; q = 2 h (w // 2 + 1) c."""
        h, w, c = self.shape
        half = w // 2 + 1
        spread, axes = self._coupling_axes
        deviations = np.multiply.outer(np.sqrt(self.power[:, :half]), spread)
        # A wave of the left half of the spectrum stands for its mirror image too.
        share = np.full(half, np.sqrt(2.0))
        share[0] = 1.0
        if w % 2 == 0:
            share[-1] = 1.0
        weights = deviations * share[:, None]

        def block(columns: Float64[np.ndarray, "d n"]) -> Float64[np.ndarray, "q n"]:
            images = columns.T.reshape(-1, c) @ axes
            waves = np.asarray(
                scipy.fft.rfft2(images.reshape(-1, h, w, c), axes=(1, 2), norm="ortho", workers=-1)
            )
            waves *= weights
            return waves.view(np.float64).reshape(columns.shape[1], -1).T

        q = 2 * deviations.size
        coordinates = by_blocks(block, x, rows=q, bytes_per_column=3 * 8 * q)
        return Modes(coordinates, np.repeat(deviations, 2))

    def beyond_root(self) -> float:
        """The sum of p times the eigenvalues of C that are rounding errors."""
        small = self._channels.spectrum()[self._channels.rank() :]
        return float(np.sum(self.power) * np.sum(small))

    def trace(self) -> float:
        """The sum of p times tr C."""
        return float(np.sum(self.power)) * self._channels.trace()

    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """The mean of p times the variances of C, the same at every pixel."""
        h, w, _ = self.shape
        return np.tile(np.mean(self.power) * self._channels.diagonal(), h * w)

    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """All products of an entry of p and an eigenvalue of C, in falling order."""
        return np.sort(np.multiply.outer(self.power, self._channels.spectrum()).ravel())[::-1]

    def top(self, r: int) -> Eigenpairs:
        """The r largest eigenvalues, with cosine and sine waves times eigenvectors of C.

        Raises:
            ValueError: if r is not in 0..d.
        """
        r = checks.integer("r", r, at_least=0, at_most=self.dim)
        h, w, c = self.shape
        pairs = self._channels.top(c)
        values = np.multiply.outer(self.power, pairs.values).ravel()
        order = np.argsort(-values, kind="stable")[:r]
        images = np.empty((r, h, w, c))
        chosen = np.transpose(np.unravel_index(order, self.shape)).tolist()
        for image, (i, j, channel) in zip(images, chosen, strict=True):
            image[:] = _wave(i, j, h, w)[..., None] * pairs.vectors[:, channel]
        return Eigenpairs(values[order], images.reshape(r, self.dim).T)

    @cached_property
    def _coupling_axes(self) -> tuple[Float64[np.ndarray, " c"], Float64[np.ndarray, "c c"]]:
        """Roots of C's eigenvalues, rounding errors being zero, and its eigenvectors."""
        values, vectors = self._channels.top(self._channels.dim)
        kept = np.arange(len(values)) < self._channels.rank()
        return np.sqrt(np.where(kept, values, 0.0)), vectors

    @cached_property
    def _coupling_root(self) -> Float64[np.ndarray, "c c"]:
        """C^{1/2}, symmetric."""
        spread, vectors = self._coupling_axes
        return vectors * spread @ vectors.T

    def _filter(
        self,
        x: Float64[np.ndarray, "d k"],
        power: Float64[np.ndarray, "h w"],
        coupling: Float64[np.ndarray, "c c"],
    ) -> Float64[np.ndarray, "d k"]:
        """((F^* diag(power) F) (x) coupling) x."""
        h, w, c = self.shape
        half = power[:, : w // 2 + 1, None]  # the rest is its mirror image: the input is real

        def block(columns: Float64[np.ndarray, "d n"]) -> Float64[np.ndarray, "d n"]:
            images = columns.T.reshape(columns.shape[1], h, w, c)
            waves = scipy.fft.rfft2(images, axes=(1, 2), workers=-1)
            waves *= half
            images = scipy.fft.irfft2(waves, (h, w), axes=(1, 2), workers=-1, overwrite_x=True)
            return (np.asarray(images).reshape(-1, c) @ coupling).reshape(-1, self.dim).T

        # Input, waves, their inverse along rows, images, coupled images.
        return by_blocks(block, x, rows=self.dim, bytes_per_column=5 * 8 * self.dim)


def _symmetric_power(power: ArrayLike) -> Float64[np.ndarray, "h w"]:
    """`power` if it is a power spectrum of real images."""
    p = checks.nonnegative("power", power, 2)
    mirrored = np.roll(p[::-1, ::-1], 1, axis=(0, 1))
    skew = float(np.abs(p - mirrored).max())
    if skew > checks.tolerance(power) * p.max():
        msg = (
            "`power` must be the same at each frequency and its negative, power[-i, -j] =="
            f" power[i, j] modulo its shape, got values that differ by {skew:.3g}"
        )
        raise ValueError(msg)
    return (p + mirrored) / 2


def _image_shape(shape: Sequence[SupportsInt]) -> tuple[int, int, int]:
    """`shape` as (h, w, c)."""
    if len(shape) != 3:
        msg = f"`shape` must be (height, width, channels), got {tuple(shape)}"
        raise ValueError(msg)
    h, w, c = (checks.integer("shape", size, at_least=1) for size in shape)
    return h, w, c


def _equicorrelated(c: int, correlation: SupportsFloat) -> Float64[np.ndarray, "c c"]:
    """Unit variances, and the same correlation between any two of c channels."""
    rho = checks.number("correlation", correlation)
    lowest = -1 / (c - 1) if c > 1 else -1.0
    if not lowest <= rho <= 1:
        msg = f"`correlation` must be in [{lowest:.3g}, 1] for {c} channel(s), got {rho:.3g}"
        raise ValueError(msg)
    return (1 - rho) * np.eye(c) + rho


def _wave(i: int, j: int, h: int, w: int) -> Float64[np.ndarray, "h w"]:
    """The real Fourier mode of unit norm that stands for frequency (i, j).

    Of a frequency and its negative, one stands for the cosine and the other for the sine; a
    frequency that is its own negative has a cosine only.
    """
    mirror = (-i % h, -j % w)
    # Whole turns are taken off in integers, where it costs no digits.
    turns = (i * np.arange(h) % h / h)[:, None] + j * np.arange(w) % w / w
    wave = np.cos(2 * np.pi * turns) if (i, j) <= mirror else np.sin(2 * np.pi * turns)
    return wave * np.sqrt((1 if (i, j) == mirror else 2) / (h * w))
