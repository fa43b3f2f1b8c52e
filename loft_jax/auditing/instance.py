"""What one released answer tells of its picture: an interval for each of what is sought."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, UInt8

from loft_jax.auditing.attackers import Effort, Guesses, UpperSide, guesses, upper_side
from loft_jax.auditing.bench import Bench
from loft_jax.auditing.channel import Channel, ends_of
from loft_jax.auditing.lower import LowerEnd, lower_ends
from loft_jax.auditing.material import Material
from loft_jax.auditing.stages import stages_of
from loft_jax.auditing.subjects import MAIN, PICTURE, sought, subjects_of, trait_names
from loft_jax.auditing.units import finite, psnr
from loft_jax.data.sources import Law

CONFIDENCE = 0.95
SHOWN = 8
EFFORT, QUICK_STEPS = (1500, 200), 16
"""Updates of the decoders to latents and to pictures."""
FRESH = "A5: pictures that measure are independent draws, and none of them was learned from"
SQUARED = "A3: the error is squared"


@dataclass(frozen=True)
class Measured:
    """One release, measured.

    Attributes:
        record: for audit.json.
        pictures: the first held-out pictures as the best decoder makes them of their answers.
    """

    record: dict[str, Any]
    pictures: UInt8[np.ndarray, "n h w ch"]


def measured(channel: Channel, bench: Bench) -> Measured:
    """The interval of one release.

    Each end holds with 95 % confidence, of each of what is sought.

    Args:
        channel: the release.
        bench: what is shared.
    """
    material, law = bench.material, bench.law
    fit, held, kind = material.fit, material.held, channel.release.source
    ends = ends_of(kind, fit.asked[kind][0], bench.facts.code_ends)
    # Each release has draws of its own, whichever others are audited.
    rng = np.random.default_rng([bench.seed, *channel.label.encode()])
    learned = channel.out(fit.asked[kind], ends, rng)
    answered = channel.out(held.asked[kind], ends, rng)
    found = guesses(learned, answered, material, law, _effort(channel, bench))
    pixels = int(np.prod(held.pictures.shape[1:]))
    variance = float(np.var(fit.pictures.astype(np.float64), axis=0).sum())
    wanted = sought(law, pixels, variance, bench.slopes)
    released = {} if bench.slopes is None else bench.slopes.released
    stages = stages_of(channel, held.asked, bench.silent, released, bench.facts)
    lower = lower_ends(channel.told(learned.shape[1]), stages, wanted, CONFIDENCE)
    upper, traits = _upper(found, material, law, variance)
    intervals = {
        one.name: interval(
            lower[one.name], upper[one.name], _pixel_error(one.name, variance, pixels)
        )
        for one in wanted
    }
    main = intervals[PICTURE if law is None else MAIN]
    record = {
        "release": channel.label,
        "kind": channel.release.label,
        "noise": channel.noise,
        "bits": channel.bits,
        "queries": channel.queries,
        "numbers": learned.shape[1],
        "of": PICTURE if law is None else MAIN,
        **{name: main[name] for name in ("lower", "upper", "unit", "confidence", "assumptions")},
        "intervals": intervals,
        "traits": traits,
    }
    shape = held.pictures.shape[1:]
    shown = found.pictures[upper[PICTURE].by][:SHOWN].reshape(-1, *shape)
    return Measured(record, as_bytes(shown))


def _effort(channel: Channel, bench: Bench) -> Effort:
    trains = channel.release.kind != "label"
    steps = (QUICK_STEPS, QUICK_STEPS) if bench.quick else EFFORT
    return Effort(jax.random.key(bench.seed), trains, *steps)


def interval(lower: LowerEnd, upper: UpperSide, pixel_error: float | None) -> dict[str, Any]:
    """One interval for audit.json: of the share of variance that stays unknown.

    Args:
        lower: no attacker leaves less.
        upper: some attacker leaves no more.
        pixel_error: mean squared error of a pixel that is a share of 1; None where it is no
            picture.
    """
    told = {
        "unit": "share of variance that stays unknown",
        "lower": lower.share,
        "upper": upper.share,
        "confidence": CONFIDENCE,
        "lower_by": lower.by,
        "upper_by": upper.by,
        "measured": upper.value,
        "standard_error": upper.standard_error,
        "assumptions": {"lower": list(lower.assumptions), "upper": [SQUARED, FRESH]},
        "lower_bounds": dict(lower.table),
        "decoders": dict(upper.table),
    }
    if pixel_error is None:
        return told
    reached, most = psnr(pixel_error * upper.share), psnr(pixel_error * lower.share)
    return {**told, "psnr": {"unit": "dB", "reached": finite(reached), "most": finite(most)}}


def _pixel_error(name: str, variance: float, pixels: int) -> float | None:
    return variance / pixels if name == PICTURE else None


def _upper(
    found: Guesses, material: Material, law: Law | None, variance: float
) -> tuple[dict[str, UpperSide], dict[str, Any]]:
    """Upper ends of all that is sought, and of each named trait."""
    held = material.held
    flat = held.pictures.reshape(len(held.pictures), -1)
    errors = {
        name: ((guess - flat) ** 2).sum(1) / variance for name, guess in found.pictures.items()
    }
    upper = {PICTURE: upper_side(errors, None, held.whose, CONFIDENCE)}
    if law is None:
        return upper, {}
    assert held.latents is not None
    squares = {name: (guess - held.latents) ** 2 for name, guess in found.latents.items()}

    def side(part: slice) -> UpperSide:
        parts = {name: square[:, part].mean(1) for name, square in squares.items()}
        return upper_side(parts, 1.0, held.whose, CONFIDENCE)

    upper |= {name: side(part) for name, part in subjects_of(law)}
    traits = {name: side(slice(k, k + 1)) for k, name in enumerate(trait_names(law))}
    return upper, {
        name: {"upper": one.share, "measured": one.value, "standard_error": one.standard_error}
        for name, one in traits.items()
    }


def as_bytes(pictures: Float[np.ndarray, "n h w ch"]) -> UInt8[np.ndarray, "n h w ch"]:
    """Pictures in [0, 1] as bytes; decoders may leave the range."""
    return np.floor(255 * np.clip(pictures, 0, 1) + 0.5).astype(np.uint8)
