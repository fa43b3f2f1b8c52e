"""RoLSS, SSF and TTS: residual blocks near the end hear less of their own input."""

import abc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Annotated, TypeVar

from annotated_types import Interval
from flax import nnx

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.nets.frozen import FrozenClassifier, rebuilt
from loft_jax.nets.layers.residual import Residual

Config = TypeVar("Config")
Factor = Annotated[float, Interval(ge=0, le=1)]
Count = Annotated[int, Interval(ge=1, le=2**10)]

SOURCE = "Koh et al., ECCV 2024 (arXiv 2409.01696)"
OFF_BY_ONE = "public code leaves its loop a block too late: of n blocks it changes n + 1"


@dataclass(frozen=True)
class _Scaled(Defense, abc.ABC):
    """Some shortcuts are multiplied by a factor, in training and afterwards."""

    strength_name = "factor"

    factor: Factor = 0.0
    """What the shortcuts are multiplied by; 0 removes them, 1 leaves them."""

    @abc.abstractmethod
    def count(self, depths: tuple[int, ...]) -> int:
        """How many blocks, the last ones, of a trunk with so many in each stage.

        Counted are those that have a shortcut.
        """

    def edit(self, trunk: nnx.Module, *, rngs: nnx.Rngs) -> nnx.Module:
        """The trunk with the factor at its last blocks.

        Raises:
            InputError: if it has no residual blocks, or not so many.
        """
        blocks, depths = getattr(trunk, "blocks", None), getattr(trunk, "depths", None)
        if blocks is None or depths is None or not all(isinstance(b, Residual) for b in blocks):
            msg = f"`--trunk` must be one of residual blocks for {self.about.title}, such as "
            raise InputError(msg + f"small_resnet, got {type(trunk).__name__}")
        ends = list(accumulate(depths, initial=0))
        stages = [[b for b in blocks[i:j] if b.has_shortcut] for i, j in pairwise(ends)]
        blocks = [block for stage in stages for block in stage]
        wanted = self.count(tuple(len(stage) for stage in stages if stage))
        if wanted > len(blocks):
            msg = f"`--defense {self.tag}` must change at most {len(blocks)} blocks of this trunk"
            raise InputError(msg + f", got {wanted}")
        for block in blocks[len(blocks) - wanted :]:
            block.shortcut_scale = self.factor
        return trunk

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Attackers whose gradients pass the shortcuts as if they were whole, or skip the head."""
        return {"straight-through": Adaptive(straight_through), "pre-code": PRE_CODE}


@dataclass(frozen=True)
class RoLSS(_Scaled):
    """The last blocks have no shortcut."""

    tag = "rolss"
    about = About(
        title="RoLSS",
        source=SOURCE,
        changes="the trunk: the last residual blocks lose their shortcut",
        published="factor 0 in the last stage: 3 blocks of ResNet-34 to -152",
        ours="the last 2 blocks by default, which are the last stage of the small trunks",
        not_followed=OFF_BY_ONE,
        cite=("hao2024vulnerability",),
    )

    blocks: Count = 2
    """How many blocks, the last ones."""

    def count(self, depths: tuple[int, ...]) -> int:
        """As many as are asked for."""
        return self.blocks


@dataclass(frozen=True)
class SSF(_Scaled):
    """The shortcuts of the last stages are weakened."""

    tag = "ssf"
    about = About(
        title="SSF",
        source=SOURCE,
        changes="the trunk: the shortcuts of the last stages are multiplied by a factor",
        published="factor 0.6 in the last stage of ResNet-18, 0 in that of ResNet-34 to -152",
        ours="additive shortcuts alone, not those of dense blocks",
        not_followed="the released network without defense lacks shortcuts in the last fifth of "
        "its third stage",
        cite=("hao2024vulnerability",),
    )

    factor: Factor = 0.6
    """What the shortcuts are multiplied by; 0 removes them, 1 leaves them."""
    stages: Count = 1
    """How many stages, the last ones."""

    def count(self, depths: tuple[int, ...]) -> int:
        """All blocks of those stages."""
        return sum(depths[-self.stages :])


@dataclass(frozen=True)
class TTS(_Scaled):
    """A whole network learns first, then goes on with weak shortcuts."""

    tag = "tts"
    about = About(
        title="TTS",
        source=SOURCE,
        changes="the trunk: as RoLSS, but beginning with the weights of the undefended network",
        published="factor 0.01 in the last block (scripts of Yu et al., KDD 2026)",
        ours="both stages of training have all the steps of the run",
        not_followed=OFF_BY_ONE,
        cite=("hao2024vulnerability",),
    )

    factor: Factor = 0.01
    """What the shortcuts are multiplied by; 0 removes them, 1 leaves them."""
    blocks: Count = 1
    """How many blocks, the last ones."""

    def count(self, depths: tuple[int, ...]) -> int:
        """As many as are asked for."""
        return self.blocks

    def start_from(self, config: Config) -> Config:
        """The same run without defense."""
        plain = replace(config.model, defense=NoDefense())  # pyright: ignore
        return replace(config, model=plain)  # pyright: ignore


def straight_through(network: FrozenClassifier) -> FrozenClassifier:
    """The same answers up to rounding, differentiated as if no shortcut were weakened.

    Source: Bengio et al. 2013; as an attack on hidden gradients, Athalye et al. 2018 (BPDA).
    """

    def whole(model: nnx.Module) -> None:
        for _, module in nnx.iter_modules(model):
            if isinstance(module, Residual):
                module.straight_through = True

    return rebuilt(network, whole)
