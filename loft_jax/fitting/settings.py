"""Settings of a training run: the network, its optimisation, and all that belongs to a run."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Interval

from loft_jax.data.settings import AugmentConfig, DataConfig
from loft_jax.data.sources import source_of
from loft_jax.defenses.base import Defense
from loft_jax.defenses.loft import LoFt
from loft_jax.errors import InputError
from loft_jax.fitting.public_people import PublicPeople
from loft_jax.nets.imported.settings import ImportedWeights
from loft_jax.runs.schema import WHERE
from loft_jax.runs.settings import RunConfig

Below1 = Annotated[float, Interval(ge=0, lt=1)]
Inside1 = Annotated[float, Interval(gt=0, lt=1)]


@dataclass(frozen=True)
class ModelConfig:
    """Network: a trunk, a head, and what is done against inversion."""

    trunk: str = "small_cnn"
    """Network before the head; see below."""
    defense: Defense = field(default_factory=LoFt)
    """NAME[:STRENGTH[,option=value]...], see below; --rank R is short for loft:R."""
    compute_dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the activations; weights, statistics and logits stay float32."""
    fisher: Annotated[int, Interval(ge=0, le=2**16)] = 0
    """Fisher discriminants of oriented gradients, at most so many, that the head reads beside the
    trunk's features and begins with (photographs, few per class); 0 is off."""
    weights: ImportedWeights | None = None
    """What another library has trained, and the trunk begins with."""


@dataclass(frozen=True)
class OptimConfig:
    """Optimisation."""

    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    """Update rule."""
    schedule: Literal["one-cycle", "multi-step"] = "one-cycle"
    """One-cycle (cosine up and down) or multi-step (divide at milestones)."""
    learning_rate: Annotated[float, Interval(gt=0, le=1e6)] = 3e-3
    """Peak learning rate."""
    weight_decay: Annotated[float, Interval(ge=0, le=1e6)] = 1e-2
    """Decoupled for adamw, an L2 term for adam and sgd."""
    momentum: Below1 = 0.9
    """Momentum of sgd."""
    milestones: tuple[Inside1, ...] = (0.75, 0.9)
    """Multi-step only: where the rate is divided, as shares of the run."""
    gamma: Inside1 = 0.1
    """Multi-step only: the factor at each milestone."""
    epochs: Annotated[int, Interval(ge=1, le=10**6)] = 10
    """Passes over the training pictures."""
    batch: Annotated[int, Interval(ge=1, le=2**20)] = 64
    """Pictures in one update, over all devices."""
    accumulate: Annotated[int, Interval(ge=1, le=2**20)] = 1
    """Split each batch in this many parts and add up their gradients (saves memory)."""
    label_smoothing: Below1 = 0.0
    """Mass moved from the label to the uniform distribution."""
    ema: Below1 = 0.0
    """Decay of an exponential moving average of the weights, used for evaluation; 0 is off."""

    def check(self) -> None:
        """Check what concerns several fields.

        Raises:
            InputError: naming the flag, what is allowed and what came.
        """
        if self.batch % self.accumulate:
            msg = f"`--batch` must be a multiple of --accumulate {self.accumulate}"
            msg += f", got {self.batch}"
            raise InputError(msg)


@dataclass(frozen=True)
class TrainConfig:
    """One training run."""

    preset: Annotated[str, WHERE] = "auto"
    """Named settings, see below; auto chooses by --data. Other flags override."""
    start_from: Annotated[str | None, WHERE] = None
    """Run folder whose weights it begins with, wherever their shapes agree."""
    pretrain: PublicPeople | None = None
    """Public people whose names the trunk learns first."""
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def check(self) -> None:
        """Check what concerns several fields.

        Raises:
            InputError: if it is to begin with two networks, or with none where it needs one.
        """
        defense = self.model.defense
        defense.fits(self)
        begins = defense.start_from(self)
        if self.pretrain is not None and self.start_from is not None and begins is None:
            msg = "`--pretrain` must be left out beside --start-from, got "
            raise InputError(msg + self.pretrain.pretrain)
        if self.model.weights is not None and self.start_from is not None and begins is None:
            msg = "`--weights` must be left out beside --start-from, got "
            raise InputError(msg + self.model.weights.weights)
        if defense.needs_public and self.start_from is not None:
            msg = f"`--start-from` must be left out for {defense.about.title}, whose trunk learns "
            raise InputError(msg + f"public people first (--pretrain), got {self.start_from}")
        if defense.needs_public and self.public is None:
            msg = f"`--pretrain` must name public people for {defense.about.title}, whose trunk "
            raise InputError(msg + f"learns them first, got none beside --data {self.data.data}")

    @property
    def public(self) -> str | None:
        """Public people that the trunk learns first: those of `--pretrain`.

        A defense that needs some has others of the same law, where the private ones are drawn.
        """
        if self.pretrain is not None:
            return self.pretrain.pretrain
        drawn = source_of(self.data.data).law is not None
        return self.data.data if drawn and self.model.defense.needs_public else None

    @property
    def data_seed(self) -> int:
        """What seeds the synthetic people and the split."""
        return self.run.seed if self.data.data_seed is None else self.data.data_seed
