"""Named runs: settings that are known to work, with what each should reach and how long it takes.

Figures are for 2 CPU cores (Intel Xeon with AVX-512), from process start on a cold cache, unless a
line says "not run here". The command that makes a figure is the preset's name:
`python -m loft_jax.train --preset NAME`.
"""

import dataclasses
from dataclasses import dataclass

from loft_jax.data.settings import AugmentConfig, DataConfig
from loft_jax.data.sources import source_of
from loft_jax.defenses.loft import LoFt
from loft_jax.errors import InputError
from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig


@dataclass(frozen=True)
class Preset:
    """Settings and the note that goes with them."""

    note: str
    config: TrainConfig


PRESETS = {
    "faces32": Preset(
        "128 synthetic people at 32 px, small CNN: test accuracy 0.99 at rank 64 in half a "
        "minute (0.98 at rank 16, 0.62 at rank 8).",
        TrainConfig(data=DataConfig(data="faces", size=32)),
    ),
    "digits": Preset(
        "scikit-learn's 1,797 digits at 32 px, small CNN: test accuracy 0.99.",
        TrainConfig(
            data=DataConfig(data="digits", size=32),
            augment=AugmentConfig(shift=0.08),
            optim=OptimConfig(epochs=12),
        ),
    ),
    "photos64": Preset(
        "Photographs of faces at 64 px, few per person: a small residual net beside Fisher "
        "discriminants of oriented gradients, BatchNorm before the head: 0.98 on AT&T/ORL (40 "
        "people; PCA + LDA 0.94) in 2 minutes. 217 people of LFW-a: 0.76 (0.61) before its first "
        "step, the whole run not yet run here.",
        TrainConfig(
            data=DataConfig(size=64, test_fraction=0.3, validation_fraction=0.05),
            model=ModelConfig(trunk="small_resnet", defense=LoFt(input_norm=True), fisher=256),
            # No jitter of brightness and contrast: the trunk standardises every picture.
            # Larger shifts teach the head to do without what discriminants tell of aligned faces.
            augment=AugmentConfig(flip=True, shift=0.05, erase=0.5),
            optim=OptimConfig(
                epochs=60, learning_rate=3e-3, label_smoothing=0.1, weight_decay=0.25
            ),
        ),
    ),
    "paper-resnet152": Preset(
        "The authors' recipe as far as it is public: ResNet-152, 224 px, rank 50, Adam 1e-3 for "
        "100 epochs, divided at 75 and 90. Give --data a folder such as FaceScrub. Not run here: "
        "it needs a GPU, and the authors start from weights trained on MS-Celeb-1M.",
        TrainConfig(
            data=DataConfig(size=224, test_fraction=0.1),
            model=ModelConfig(trunk="resnet152", defense=LoFt(50, input_norm=True)),
            augment=AugmentConfig(
                crop_scale=(0.85, 1.0),
                flip=True,
                brightness=0.2,
                contrast=0.2,
                saturation=0.1,
                hue=0.1,
            ),
            optim=OptimConfig(
                optimizer="adam",
                schedule="multi-step",
                learning_rate=1e-3,
                weight_decay=0.0,
                milestones=(0.75, 0.9),
                epochs=100,
                batch=96,
            ),
        ),
    ),
}


def preset_for(name: str, data: str | None) -> tuple[str, TrainConfig]:
    """The preset's name and settings; `auto` chooses by what `--data` names.

    Raises:
        InputError: if there is no such preset.
    """
    if name == "auto":
        name = source_of(DataConfig().data if data is None else data).preset
    if name not in PRESETS:
        msg = f"`--preset` must be one of auto, {', '.join(PRESETS)}, got {name}"
        raise InputError(msg)
    return name, dataclasses.replace(PRESETS[name].config, preset=name)


def few(pictures: DataConfig, classes: int = 8, each: int = 16) -> DataConfig:
    """The same source with fewer classes, and fewer pictures of each: drawn, or used."""
    if source_of(pictures.data).law is not None:
        return dataclasses.replace(pictures, identities=classes, pictures=each)
    return dataclasses.replace(pictures, first_classes=classes, first_pictures=each)


def quick(config: TrainConfig, data: str) -> TrainConfig:
    """The same path in about 10 seconds on `data`: few classes and pictures, two epochs."""
    return dataclasses.replace(
        config,
        data=few(dataclasses.replace(config.data, data=data)),
        optim=dataclasses.replace(config.optim, epochs=2),
    )
