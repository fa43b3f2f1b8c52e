"""The experiments, a row each: what of the paper, which grid at which scale, what is drawn."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.defenses.compressed import FeatureCut, WeightCut
from loft_jax.defenses.loft import Activation
from loft_jax.reproductions.access import access_picture, access_sentences
from loft_jax.reproductions.pictures import (
    attacks_picture,
    cut_picture,
    frontier_picture,
    leakage_picture,
    models_picture,
    side_by_side,
)
from loft_jax.reproductions.results import Results
from loft_jax.sweeps.settings import SweepConfig

LAPTOP = SweepConfig(rank=("none", "64", "16", "8"), per_class=1)
"""Fewer heads and pictures than a sweep by default, for the time of two cores; what three seeds
could have shown is printed with it."""
DEFENDED = (
    *("none", "loft:64", "loft:32", "loft:16", "loft-noise:64,0.3", "loft-ca:64"),
    *("mid:0.003", "mid:0.01", "mid:0.03", "bido:0.05,0.5", "bido:0.15,1.5"),
    *("negls:-0.05", "negls:-0.2", "negls:0.1", "midre:0.4", "trap:0.2"),
    *("tl:0.5", "tl:0.7", "lora:8", "dp:0.1"),
)
"""Defenses at a few strengths each, published ones among them. RoLSS, SSF and TTS are about
shortcuts, which the small CNN has not; what changes answers alone hides nothing in the weights."""
PUBLISHED = (
    *("none", "loft:50,input_norm=true", "mid:0.005", "bido:0.05,0.5", "bido:0.15,1.5"),
    *("negls:-0.05", "rolss:0,blocks=3", "tts", "trap:0.2"),
)
"""Those that the authors compare with, at strengths of their scripts, but TL-DMI: nobody names here
public people that its trunk could learn first, as a sweep's --public does."""
PAPER = SweepConfig(
    rank=("none", "500", "300", "200", "150", "100", "75", "50", "35", "20"),
    input_norm=("yes",),
    trunk=("resnet152",),
    preset="paper-resnet152",
    classes="0:100",
    per_class=5,
)
"""The authors' ranks, recipe and classes as far as public; evaluators, prior and the pre-trained
trunk are not theirs. Not run here."""
SATURATING = ("none", "straight-through", "logit")
"""Attackers of heads whose activation may hide its gradient."""
ACTIVATIONS = get_args(Activation)
CUTS = (WeightCut.tag, FeatureCut.tag)
"""Ways in which a trained plain head is cut to a rank."""


BY_WEIGHTS = tuple(name for name, recipe in RECIPES.items() if recipe.asks == "white")
ACCESS = ("ppa", "evo", "label-nes")
"""By weights, by scores and by labels the strongest here."""
LAPTOP_QUERIES, PAPER_QUERIES = (1_000, 10_000), (1_000, 10_000, 100_000)
"""For each class. A question takes a processor core about a millisecond, so that 100,000 for each
of 24 people are 40 minutes for a single attack."""


@dataclass(frozen=True)
class Experiment:
    """One figure or table of the paper.

    Attributes:
        title: what it shows.
        laptop: its grid on synthetic faces.
        paper: its grid at the authors' scale, without `data`.
        draw: writes `name`.png from the results.
        tell: what its table shows beside what every table does, from the rows of `summary`.
    """

    title: str
    laptop: SweepConfig
    paper: SweepConfig
    draw: Callable[[Results], bytes]
    tell: Callable[[list[dict[str, Any]]], list[str]] = lambda summary: []


def _like(base: SweepConfig, **axes: object) -> SweepConfig:
    return dataclasses.replace(base, **axes)  # pyright: ignore[reportArgumentType]


def _cuts(*ranks: int) -> tuple[str, ...]:
    """The plain head, and it cut to each rank in every way."""
    return ("none", *(f"{cut}:{rank}" for cut in CUTS for rank in ranks))


EXPERIMENTS = {
    "fig1": Experiment(
        "test accuracy against the strongest attack, for every defense and strength",
        _like(LAPTOP, rank=(), defense=DEFENDED),
        _like(PAPER, rank=(), defense=PUBLISHED, input_norm=("no",)),
        frontier_picture,
    ),
    "fig3": Experiment(
        "a trained plain head compressed to rank r, by its weights and by the features' covariance",
        _like(LAPTOP, rank=(), defense=_cuts(64, 32, 16, 8, 4), adaptive=("none",)),
        _like(
            PAPER,
            rank=(),
            defense=_cuts(500, 300, 200, 150, 100, 75, 50, 35, 20),
            input_norm=("no",),
            adaptive=("none",),
        ),
        cut_picture,
    ),
    "fig5": Experiment(
        "reconstructions side by side, the same people and seed for every defense",
        _like(LAPTOP, rank=(), defense=DEFENDED, seeds=(0,)),
        _like(PAPER, rank=(), defense=PUBLISHED, input_norm=("no",), seeds=(0,)),
        side_by_side,
    ),
    "table-defenses": Experiment(
        "every defense under the strongest attack on it",
        _like(LAPTOP, rank=(), defense=DEFENDED),
        _like(PAPER, rank=(), defense=PUBLISHED, input_norm=("no",)),
        models_picture,
    ),
    "table-rank": Experiment(
        "rank of the LoFt head against what an attack finds",
        LAPTOP,
        PAPER,
        leakage_picture,
    ),
    "table-activation": Experiment(
        "what follows the head's first layer",
        _like(LAPTOP, rank=("none", "16"), activation=ACTIVATIONS, adaptive=SATURATING),
        _like(PAPER, rank=("none", "50"), activation=ACTIVATIONS, adaptive=SATURATING),
        models_picture,
    ),
    "table-input-norm": Experiment(
        "BatchNorm before the head, which the authors' code has and the paper's text has not",
        _like(LAPTOP, rank=("none", "64", "16", "8"), input_norm=("no", "yes")),
        _like(PAPER, rank=("none", "200", "50", "20"), input_norm=("no", "yes")),
        leakage_picture,
    ),
    "table-attacks": Experiment(
        "every recipe by weights on the plain head and on one LoFt head, as it is and by the logit",
        _like(LAPTOP, rank=("none", "16"), attack=BY_WEIGHTS),
        _like(PAPER, rank=("none", "50"), attack=BY_WEIGHTS),
        attacks_picture,
    ),
    "table-access": Experiment(
        "what the weights, scores or labels of a network give away, by the number of questions",
        _like(
            LAPTOP,
            rank=(),
            defense=("none", "loft:16", "mid:0.01", "ssd"),
            attack=ACCESS,
            adaptive=("none", "average"),
            queries=LAPTOP_QUERIES,
            seeds=(0,),
        ),
        _like(
            PAPER,
            rank=(),
            defense=("none", "loft:50,input_norm=true", "mid:0.005", "ssd:1.5"),
            input_norm=("no",),
            attack=ACCESS,
            adaptive=("none", "average"),
            queries=PAPER_QUERIES,
        ),
        access_picture,
        access_sentences,
    ),
}
