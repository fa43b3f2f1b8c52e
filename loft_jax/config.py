"""What a training run is: every setting, written once, as frozen dataclasses.

The command line (`loft_jax.cli`), the run folder's `config.json` and the presets all speak these
classes and nothing else. Field docstrings are the help texts of the flags.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from loft_jax.errors import InputError

Device = Literal["auto", "cpu", "gpu", "tpu"]

RUN_FORMAT = 1
"""Version of the run folder's layout; raised when an older reader would misread it."""


@dataclass(frozen=True)
class DataConfig:
    """Pictures: where they come from and how they are split."""

    data: str = "faces"
    """faces (synthetic, drawn here), digits (bundled), FILE.npz or a FOLDER of class folders."""
    size: int | None = None
    """Side of the square pictures in pixels; none keeps that of the files (faces, digits: 32)."""
    identities: int = 128
    """Synthetic faces only: number of people."""
    pictures: int = 32
    """Synthetic faces only: pictures of each person, before the split."""
    test_fraction: float = 0.25
    """Share of each class held out for the closing test."""
    validation_fraction: float = 0.1
    """Share of the remaining pictures that chooses the best checkpoint."""
    skip_unreadable: bool = False
    """Leave out pictures that cannot be read instead of stopping."""
    data_seed: int | None = None
    """Seeds the synthetic people and the split, so that runs of several seeds share them; none is
    --seed."""


@dataclass(frozen=True)
class ModelConfig:
    """Network: a trunk and a head."""

    trunk: str = "small_cnn"
    """small_cnn, small_resnet, resnet18_narrow, resnet18, 34, 50, 101, 152 or vgg16_bn."""
    rank: int | None = 64
    """Width r of the LoFt head; none is the plain linear head."""
    activation: Literal["none", "relu", "relu6", "leaky_relu", "sigmoid", "tanh"] = "tanh"
    """What follows the head's first layer."""
    input_norm: bool = False
    """BatchNorm before the head's first layer (the authors' code has it, the paper's text not)."""
    compute_dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the activations; weights, statistics and logits stay float32."""


@dataclass(frozen=True)
class AugmentConfig:
    """Augmentation of the training pictures; the defaults leave them as they are."""

    crop_scale: tuple[float, float] = (1.0, 1.0)
    """Random resized crop: smallest and largest share of the area that is kept."""
    flip: bool = False
    """Mirror half of the pictures."""
    shift: float = 0.0
    """Largest random shift, as a share of the side."""
    brightness: float = 0.0
    """Strength of the brightness jitter."""
    contrast: float = 0.0
    """Strength of the contrast jitter."""
    saturation: float = 0.0
    """Strength of the saturation jitter (colour pictures)."""
    hue: float = 0.0
    """Strength of the hue jitter (colour pictures)."""
    erase: float = 0.0
    """Probability of erasing a random rectangle."""
    erase_scale: tuple[float, float] = (0.02, 0.2)
    """Smallest and largest share of the area that is erased."""


@dataclass(frozen=True)
class OptimConfig:
    """Optimisation."""

    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    """Update rule."""
    schedule: Literal["one-cycle", "multi-step"] = "one-cycle"
    """One-cycle (cosine up and down) or multi-step (divide at milestones)."""
    learning_rate: float = 3e-3
    """Peak learning rate."""
    weight_decay: float = 1e-2
    """Decoupled for adamw, an L2 term for adam and sgd."""
    momentum: float = 0.9
    """Momentum of sgd."""
    milestones: tuple[float, ...] = (0.75, 0.9)
    """Multi-step only: where the rate is divided, as shares of the run."""
    gamma: float = 0.1
    """Multi-step only: the factor at each milestone."""
    epochs: int = 10
    """Passes over the training pictures."""
    batch: int = 64
    """Pictures in one update, over all devices."""
    accumulate: int = 1
    """Split each batch in this many parts and add up their gradients (saves memory)."""
    label_smoothing: float = 0.0
    """Mass moved from the label to the uniform distribution."""
    ema: float = 0.0
    """Decay of an exponential moving average of the weights, used for evaluation; 0 is off."""


@dataclass(frozen=True)
class RunConfig:
    """The run: where, on what, how often."""

    seed: int = 0
    """Seeds weights, order and augmentation; people and split too, but for --data-seed."""
    out: str | None = None
    """Run folder, exactly; none makes a new one under runs/."""
    resume: str | None = None
    """Continue this run folder, to the same bits as an uninterrupted run, with its own settings."""
    device: Device = "auto"
    """Which kind of device to use; all devices of that kind share each batch."""
    quick: bool = False
    """A smoke of the same path in about 10 seconds."""
    cache: bool = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""
    tensorboard: bool = False
    """Mirror the metrics for TensorBoard (extra: tensorboard)."""
    coordinator: str | None = None
    """HOST:PORT of process 0, when several processes train together."""
    processes: int = 1
    """Number of processes that train together."""
    process_id: int = 0
    """Number of this process."""


@dataclass(frozen=True)
class TrainConfig:
    """One training run."""

    preset: str = "auto"
    """Named settings, see below; auto chooses by --data. Other flags override."""
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    run: RunConfig = field(default_factory=RunConfig)

    @property
    def data_seed(self) -> int:
        """What seeds the synthetic people and the split."""
        return self.run.seed if self.data.data_seed is None else self.data.data_seed


_GROUPS = {
    "data": DataConfig,
    "model": ModelConfig,
    "augment": AugmentConfig,
    "optim": OptimConfig,
    "run": RunConfig,
}


def to_dict(config: TrainConfig) -> dict[str, Any]:
    """The configuration as plain JSON values."""
    return dataclasses.asdict(config)


def from_dict(values: dict[str, Any]) -> TrainConfig:
    """The configuration that `to_dict` wrote.

    Raises:
        InputError: if a name is unknown or missing, so that no setting is silently dropped.
    """
    try:
        groups = {
            name: group(**{key: _tuple(value) for key, value in values[name].items()})
            for name, group in _GROUPS.items()
        }
        return TrainConfig(preset=values["preset"], **groups)
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"`config.json` must hold the settings of this version of loft_jax, got {error}"
        raise InputError(msg) from error


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def check(config: TrainConfig) -> None:
    """Check every setting that can be judged without looking at data or devices.

    Raises:
        InputError: naming the flag, what is allowed and what came.
    """
    data, augment, optim, run = config.data, config.augment, config.optim, config.run
    for flag, count, smallest in (
        ("size", data.size, 8),
        ("identities", data.identities, 2),
        ("pictures", data.pictures, 2),
        ("rank", config.model.rank, 1),
        ("epochs", optim.epochs, 1),
        ("batch", optim.batch, 1),
        ("accumulate", optim.accumulate, 1),
        ("seed", run.seed, 0),
        ("data-seed", data.data_seed, 0),
        ("processes", run.processes, 1),
    ):
        at_least(flag, count, smallest)
    for flag, value, interval in (
        ("test-fraction", data.test_fraction, "(0, 1)"),
        ("validation-fraction", data.validation_fraction, "[0, 1)"),
        ("brightness", augment.brightness, "[0, 1]"),
        ("contrast", augment.contrast, "[0, 1]"),
        ("saturation", augment.saturation, "[0, 1]"),
        ("hue", augment.hue, "[0, 0.5]"),
        ("shift", augment.shift, "[0, 0.5]"),
        ("erase", augment.erase, "[0, 1]"),
        ("learning-rate", optim.learning_rate, "(0, inf)"),
        ("weight-decay", optim.weight_decay, "[0, inf)"),
        ("momentum", optim.momentum, "[0, 1)"),
        ("label-smoothing", optim.label_smoothing, "[0, 1)"),
        ("ema", optim.ema, "[0, 1)"),
        ("gamma", optim.gamma, "(0, 1)"),
        *(("milestones", share, "(0, 1)") for share in optim.milestones),
    ):
        _inside(flag, value, interval)
    for flag, (low, high) in (
        ("crop-scale", augment.crop_scale),
        ("erase-scale", augment.erase_scale),
    ):
        if not 0 < low <= high <= 1:
            msg = f"`--{flag}` must be two numbers with 0 < low <= high <= 1, got {low} {high}"
            raise InputError(msg)
    if optim.batch % optim.accumulate:
        msg = f"`--batch` must be a multiple of --accumulate {optim.accumulate}, got {optim.batch}"
        raise InputError(msg)
    if not 0 <= run.process_id < run.processes:
        msg = f"`--process-id` must be 0..{run.processes - 1}, got {run.process_id}"
        raise InputError(msg)
    if run.processes > 1 and run.coordinator is None:
        msg = f"`--coordinator` must be HOST:PORT when --processes is {run.processes}, got none"
        raise InputError(msg)
    if run.processes > 1 and run.out is None and run.resume is None:
        msg = f"`--out` must name a folder all processes see when --processes is {run.processes}"
        raise InputError(msg)


def at_least(flag: str, count: int | None, smallest: int) -> None:
    """Check a whole number; None is fine.

    Raises:
        InputError: naming the flag, if the number is smaller than `smallest`.
    """
    if count is not None and count < smallest:
        msg = f"`--{flag}` must be a whole number of at least {smallest}, got {count}"
        raise InputError(msg)


def _inside(flag: str, value: float, interval: str) -> None:
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = value >= low if interval[0] == "[" else value > low
    below = value <= high if interval[-1] == "]" else value < high
    if not (above and below):
        msg = f"`--{flag}` must be a number in {interval}, got {value}"
        raise InputError(msg)
