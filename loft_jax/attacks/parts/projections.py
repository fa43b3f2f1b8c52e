"""Sets that a search stays in: after every step each row moves to the nearest point inside."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from loft_jax.attacks.parts.public import PublicFacts

Rows = Float[Array, "n ..."]


@dataclass(frozen=True)
class Free:
    """Everything."""

    def __call__(self, rows: Rows, centre: Rows, public: PublicFacts) -> Rows:
        """The rows themselves."""
        return rows


@dataclass(frozen=True)
class Box:
    """low <= x <= high, whatever the centre."""

    low: float
    high: float

    def __call__(self, rows: Rows, centre: Rows, public: PublicFacts) -> Rows:
        """The rows, clipped."""
        return optax.projections.projection_box(rows, self.low, self.high)


@dataclass(frozen=True)
class Spread:
    """Within `deviations` standard deviations of the public mean of each latent number, in P.

    P is the space of p = leaky_relu(w, slope), which undoes the last activation of a mapping
    network (slope 5 undoes 0.2) and where w is nearly normal; slope 1 leaves w as it is.

    Source: An et al. 2022 (MIRROR), section V; Wulff and Torralba 2020.
    """

    deviations: float
    slope: float

    def __call__(self, rows: Rows, centre: Rows, public: PublicFacts) -> Rows:
        """The rows, clipped in P."""
        points = unsquash(public.latents, self.slope)
        mean, reach = points.mean(0), self.deviations * points.std(0)
        inside = jnp.clip(unsquash(rows, self.slope), (mean - reach)[None], (mean + reach)[None])
        return unsquash(inside, 1 / self.slope)


@dataclass(frozen=True)
class L2Ball:
    """||x - centre||_2 <= radius."""

    radius: float

    def __call__(self, rows: Rows, centre: Rows, public: PublicFacts) -> Rows:
        """The rows, drawn towards their centres."""
        return centre + jax.vmap(
            lambda row: optax.projections.projection_l2_ball(row, self.radius)
        )(rows - centre)


@dataclass(frozen=True)
class L1Ball:
    """||x - centre||_1 <= reach x (numbers in a row): `reach` is a mean over the numbers.

    Source: Qiu et al. 2024 (IF-GMI), section 3.3, whose radii are sums.
    """

    reach: float

    def __call__(self, rows: Rows, centre: Rows, public: PublicFacts) -> Rows:
        """The rows, drawn towards their centres and, so, sparse in their differences."""
        radius = self.reach * (rows.size // len(rows))
        return centre + jax.vmap(lambda row: optax.projections.projection_l1_ball(row, radius))(
            rows - centre
        )


FREE = Free()
Projection = Free | Box | Spread | L2Ball | L1Ball


def unsquash(rows: Rows, slope: float) -> Rows:
    """leaky_relu(x, slope)."""
    return jnp.where(rows < 0, slope * rows, rows)
