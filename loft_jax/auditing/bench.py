"""What all releases of one model share: pictures, answers and slopes."""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

from loft_jax.auditing.channel import Channel
from loft_jax.auditing.jacobians import PILOTS, Slopes, slopes, source
from loft_jax.auditing.material import Material, Questions, drawn, given
from loft_jax.auditing.ready import Ready
from loft_jax.auditing.releases import Numbers
from loft_jax.auditing.settings import AuditConfig
from loft_jax.auditing.stages import Facts
from loft_jax.data.sources import Law
from loft_jax.targets.base import BATCH, Network, Target

SLOPES, QUICK_SLOPES = 256, 40
"""Pictures at which slopes are taken, beside those that choose directions."""
QUICK_SAMPLES, LEAST_HELD = 256, 128
HELD = 8
"""One drawn person measures where so many teach."""


class Bench(NamedTuple):
    """What is shared.

    Attributes:
        material: pictures and answers.
        law: of the pictures, or None.
        slopes: through the law; None where there is none or nothing wants them.
        silent: what the weights compute for the held-out pictures, of a source.
        facts: how the model answers.
        seed: of all draws.
        quick: whether decoders learn for moments only.
    """

    material: Material
    law: Law | None
    slopes: Slopes | None
    silent: Callable[[str], Numbers]
    facts: Facts
    seed: int
    quick: bool = False


def bench_for(config: AuditConfig, found: Ready, progress: Callable[[int, int], None]) -> Bench:
    """Pictures drawn or parted, the model asked, slopes taken.

    Args:
        config: of the audit.
        found: what is audited.
        progress: told (done, of so many) while pictures are drawn.

    Raises:
        InputError: if there are too few pictures.
    """
    target, facts, law = found.model.target, found.model.facts, found.source.law
    kinds = tuple(dict.fromkeys(one.release.source for one in found.channels))
    questions = Questions(target, kinds, config.queries if facts.random else 1)
    if law is not None:
        fit = min(config.samples, QUICK_SAMPLES) if config.quick else config.samples
        material = drawn(law, questions, fit, max(fit // HELD, LEAST_HELD), progress)
    else:
        data, chosen = found.source.data, found.source.chosen
        assert data is not None
        rng = np.random.default_rng(config.seed)
        material = given(data.images[chosen], data.labels[chosen], questions, rng)
    taken = None
    wanted = slope_kinds(found.channels, facts)
    if law is not None and wanted and "gradients" in target.offers:
        count = PILOTS + (QUICK_SLOPES if config.quick else SLOPES)
        assert material.fit.latents is not None
        taken = slopes(target.network, law, wanted, material.fit.latents[:count])
    silent = cache(partial(_silent, target, material))
    return Bench(material, law, taken, silent, facts, config.seed, config.quick)


def slope_kinds(channels: tuple[Channel, ...], facts: Facts) -> tuple[str, ...]:
    """The numbers on which some channel has noise, where they are what the weights compute."""
    own = [] if facts.own_noise is None else [facts.own_noise[0]]
    added = [] if facts.changed else [one.release.source for one in channels if one.noise]
    return tuple(dict.fromkeys([*own, *added]))


def _silent(target: Target, material: Material, kind: str) -> Numbers:
    pictures, parts = material.held.pictures, []
    for start in range(0, len(pictures), BATCH):
        whole = np.resize(pictures[start : start + BATCH], (BATCH, *pictures.shape[1:]))
        parts.append(np.asarray(_numbers(target.network, kind, whole)))
    return np.concatenate(parts)[: len(pictures)]


@partial(jax.jit, static_argnums=1)
def _numbers(network: Network, kind: str, images: Float[Array, "b h w ch"]) -> Float[Array, "b m"]:
    return source(network.outputs(images), kind)
