"""Boundary repulsion: a ball that is driven away from where the class ends, and grows.

Source: Kahla et al., CVPR 2022 (BREP-MI), section 3; its numbers are those of the authors' code.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64


@dataclass(frozen=True)
class Repulsion:
    """The rule, in latents of mean 0 and deviation 1.

    Attributes:
        points: asked on each sphere.
        radius: of the first.
        growth: factor of the radius where nearly all points are of the class.
        agreement: mean of their answers, 1 if right and -1 if not, above which it grows.
        step: a move is the mean direction times the radius times this,
        longest: or times this number, if that is less.
        box: centres stay within so many deviations.
    """

    points: int = 32
    radius: float = 2.0
    growth: float = 1.3
    agreement: float = 0.75
    step: float = 1 / 3
    longest: float = 3.0
    box: float = 1.5


class Balls(NamedTuple):
    """Where n searches are.

    Attributes:
        centres: the points that were found.
        radii: of the spheres around them.
        idle: steps since each radius grew last, or since the start.
    """

    centres: Float[np.ndarray, "n z"]
    radii: Float[np.ndarray, " n"]
    idle: Int64[np.ndarray, " n"]

    def at(self, rows: Int64[np.ndarray, " m"]) -> "Balls":
        """Some of them."""
        return Balls(*(part[rows] for part in self))

    def put(self, rows: Int64[np.ndarray, " m"], others: "Balls") -> None:
        """Overwrite some of them."""
        for own, part in zip(self, others, strict=True):
            own[rows] = part


def beginning(rule: Repulsion, centres: Float[np.ndarray, "n z"]) -> Balls:
    """The first balls."""
    return Balls(centres, np.full(len(centres), rule.radius), np.zeros(len(centres), np.int64))


def directions(
    rng: np.random.Generator, n: int, points: int, dimension: int
) -> Float[np.ndarray, "n p z"]:
    """Unit vectors, uniform on the sphere."""
    drawn = rng.standard_normal((n, points, dimension))
    return drawn / np.linalg.norm(drawn, axis=2, keepdims=True)


def repelled(
    rule: Repulsion,
    balls: Balls,
    towards: Float[np.ndarray, "n p z"],
    inside: Bool[np.ndarray, "n p"],
) -> Float[np.ndarray, "n z"]:
    """Where the centres are to move: away from the mean of the points that are not of the class.

    z + min(step R, longest) mean(s d), s = 0 where a point z + R d is of the class and -1 where it
    is not, cut to the box.
    """
    away = -((~inside)[..., None] * towards).mean(1)
    lengths = np.minimum(rule.step * balls.radii, rule.longest)
    return np.clip(balls.centres + lengths[:, None] * away, -rule.box, rule.box)


def settled(
    rule: Repulsion,
    balls: Balls,
    moved: Float[np.ndarray, "n z"],
    inside: Bool[np.ndarray, "n p"],
    stays: Bool[np.ndarray, " n"],
) -> Balls:
    """The balls after a step: radii grow where nearly all points agreed; who left is put back.

    The authors do not count a move that is rejected, so that a search can go on for ever; here it
    counts as a step.
    """
    grows = (2 * inside.mean(1) - 1) > rule.agreement
    return Balls(
        np.where(stays[:, None], moved, balls.centres),
        np.where(grows, rule.growth, 1.0) * balls.radii,
        np.where(grows, 0, balls.idle + 1),
    )
