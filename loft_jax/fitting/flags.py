"""The settings of a training run as flags: presets, and short names for the LoFt head."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Interval

from loft_jax.data.sources import absolute_data
from loft_jax.defenses.base import Defense
from loft_jax.defenses.loft import Activation
from loft_jax.defenses.table import defense_named
from loft_jax.errors import InputError
from loft_jax.fitting.public_people import PublicPeople
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.nets.imported.settings import ImportedWeights
from loft_jax.runs import schema


@dataclass(frozen=True)
class ModelFlags:
    """Network: a trunk, a head, and what is done against inversion."""

    trunk: str = "small_cnn"
    """Network before the head, see below."""
    defense: str | None = None
    """NAME[:STRENGTH[,option=value]...], see below; none (the flag left out) is the preset's,
    loft:64."""
    rank: str | int | None = None
    """Short for --defense loft:R; the word none is --defense none, the plain linear head."""
    activation: Activation | None = None
    """What follows the LoFt head's first layer; none given is the preset's, tanh."""
    input_norm: bool | None = None
    """BatchNorm before the head (the authors' code has it, the paper's text not)."""
    compute_dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the activations; weights, statistics and logits stay float32."""
    fisher: Annotated[int, Interval(ge=0, le=2**16)] = 0
    """Fisher discriminants of oriented gradients, at most so many, that the head reads beside the
    trunk's features and begins with (photographs, few per class); 0 is off."""
    weights: str | None = None
    """File of weights that the trunk begins with, .safetensors or PyTorch's .pth, of torchvision,
    timm or evoLVe; the classifying head is a fresh one."""
    weights_mean: tuple[float, float, float] | None = None
    """Means of red, green and blue, of pixels in [0, 1], that the weights were trained with; none
    given are their library's."""
    weights_std: tuple[float, float, float] | None = None
    """Standard deviations likewise."""

    def resolved(self, like: ModelConfig) -> ModelConfig:
        """The network, with what no flag names as in `like`.

        Raises:
            InputError: if flags contradict each other or name no defense.
        """
        if self.rank is not None and self.defense is not None:
            msg = f"`--rank` must be left out beside --defense {self.defense}, got {self.rank}"
            raise InputError(msg)
        made = like.defense
        if self.defense is not None:
            made = defense_named(self.defense, made)
        elif self.rank is not None:
            made = _of_rank(str(self.rank).lower(), made)
        for name in ("activation", "input_norm"):
            value = getattr(self, name)
            if value is None:
                continue
            if not hasattr(made, name):
                # A flag without effect on a plain head was always accepted with its default.
                msg = (
                    f"`--{name.replace('_', '-')}` must be left out for a head without it, got "
                    f"{value} for {made.label}"
                )
                raise InputError(msg)
            made = dataclasses.replace(made, **{name: value})
        weights = self._weights(like.weights)
        return ModelConfig(self.trunk, made, self.compute_dtype, self.fisher, weights)

    def _weights(self, like: ImportedWeights | None) -> ImportedWeights | None:
        asked = (self.weights, self.weights_mean, self.weights_std)
        if asked == (None, None, None):
            return like
        if self.weights is None:
            msg = "`--weights-mean` and `--weights-std` must be left out without --weights, got "
            raise InputError(msg + f"{self.weights_mean} and {self.weights_std}")
        place = str(Path(self.weights).absolute())
        own = ImportedWeights(place) if like is None or place != like.weights else like
        mean, std = self.weights_mean or own.mean, self.weights_std or own.std
        return dataclasses.replace(own, mean=mean, std=std)


@dataclass(frozen=True)
class TrainFlags(TrainConfig):
    """One training run, as it is asked for: all but the network as it is kept."""

    pretrain: str | None = None
    """Public people whose names the trunk learns first, faces, FILE.npz or a FOLDER of class
    folders, none of them private; once for a trunk, kept in the user's cache folder."""
    model: ModelFlags = field(default_factory=ModelFlags)

    @classmethod
    def of(cls, config: TrainConfig) -> "TrainFlags":
        """Flags that leave everything as in `config`; its defense is not one of them."""
        own = config.model
        model = ModelFlags(own.trunk, compute_dtype=own.compute_dtype, fisher=own.fisher)
        people = config.pretrain and config.pretrain.pretrain
        return cls(**{**vars(config), "model": model, "pretrain": people})

    def resolved(self, like: TrainConfig) -> TrainConfig:
        """The settings, with the defense of `like` where no flag names one.

        Raises:
            InputError: as `ModelFlags.resolved`.
        """
        model, people = self.model.resolved(like.model), self._people(like.pretrain)
        return TrainConfig(**{**vars(self), "model": model, "pretrain": people})

    def _people(self, like: PublicPeople | None) -> PublicPeople | None:
        if self.pretrain is None:
            return None
        place = absolute_data(self.pretrain)
        return like if like is not None and place == like.pretrain else PublicPeople(place)


def _of_rank(word: str, like: Defense) -> Defense:
    if word == "none":
        return defense_named("none", like)
    if not word.isdecimal() or int(word) < 1:
        msg = f"`--rank` must be a whole number of at least 1, or none, got {word}"
        raise InputError(msg)
    return defense_named(f"loft:{word}", like)


def absolute(config: TrainConfig, **changes: Any) -> TrainConfig:
    """The settings with the path of the pictures absolute: a run is read from anywhere."""
    data = dataclasses.replace(config.data, data=absolute_data(config.data.data))
    return dataclasses.replace(config, data=data, **changes)


MAY_CHANGE = ("resume", "device", "cache", "coordinator", "processes", "process_id", "tensorboard")
"""Flags beside --resume that say how to go on.

--data and --target may name the same pictures and the same run at another place: who loads them
holds them against what the folder began with."""


def contradiction(
    own: Any, asked: Any, *, free: tuple[str, ...] = (), positional: str | None = None
) -> None:
    """Check that flags beside --resume ask for nothing but the run that goes on.

    Args:
        own: settings of the run.
        asked: settings with the flags over them.
        free: further flags that say how to go on.
        positional: what --help calls the argument `path`, where there is one.

    Raises:
        InputError: naming a flag, what the run has and what came.
    """
    for name, before, now in _differences(schema.write(own), schema.write(asked)):
        if name not in (*MAY_CHANGE, *free, "data", "target"):
            flag = positional if name == "path" else f"--{name.replace('_', '-')}"
            msg = (
                f"`{flag}` must be left out beside --resume or be that of the run, {before}, got "
                f"{now}"
            )
            raise InputError(msg)


def _differences(a: Any, b: Any, name: str = "") -> list[tuple[str, Any, Any]]:
    if isinstance(a, dict) and isinstance(b, dict) and set(a) == set(b):
        return [one for key in a for one in _differences(a[key], b[key], key)]
    return [] if a == b else [(name, a, b)]
