"""The folder of a trained classifier: what a later command needs to know of it, by fixed names."""

import dataclasses
from typing import Any

from loft_jax.data.dataset import Dataset
from loft_jax.data.split import Split
from loft_jax.errors import InputError
from loft_jax.fitting.fitted_folder import FittedFolder
from loft_jax.fitting.settings import TrainConfig
from loft_jax.nets.description import Description
from loft_jax.runs import schema
from loft_jax.runs.folder import CONFIG

SPLIT = "split.json"
CURVES, SAMPLES = "training.png", "samples.png"


def pictures_of(shown: bool) -> tuple[str, ...]:
    """What is drawn into the folder of a run on pictures that may be `shown` to others, or not."""
    return (CURVES, SAMPLES) if shown else (CURVES,)


class RunFolder(FittedFolder[TrainConfig]):
    """Paths and files of one training run."""

    kind = "run"
    format = 3
    made_by = "python -m loft_jax.train"
    asked = TrainConfig

    def description(self) -> Description:
        """Size, channels and classes of the pictures of the run.

        Raises:
            InputError: if split.json is damaged.
        """
        described = self._pictures()
        try:
            return Description(
                described["size"], described["channels"], tuple(described["class_names"])
            )
        except KeyError as error:
            msg = f"`{self.path / SPLIT}` must describe the pictures, got no {error}"
            raise InputError(msg) from error

    def fingerprint(self) -> str:
        """What tells the pictures of the run from others.

        Raises:
            InputError: if split.json is damaged.
        """
        return str(self._pictures().get("fingerprint"))

    def split(self, data: Dataset) -> Split:
        """The parts into which `data` was divided.

        Raises:
            InputError: if split.json is damaged, or the pictures are not those of the run.
        """
        if self.fingerprint() != data.fingerprint:
            msg = (
                f"`--data` must hold the pictures that the run {self.path} was trained on, got "
                f"{data.name} with others: have files been added, removed or changed? (where they "
                "were only moved, name the new place by --data)"
            )
            raise InputError(msg)
        values = self.read(SPLIT)
        values.pop("pictures")
        return Split.from_json(values, images=len(data.images))

    def repoint(self, data: str) -> None:
        """Remember where the pictures of the run lie now."""
        own = self.config()
        if own.data.data != data:
            moved = dataclasses.replace(own, data=dataclasses.replace(own.data, data=data))
            self.write(CONFIG, {**self.read(CONFIG), **schema.write(moved)})

    def _pictures(self) -> dict[str, Any]:
        described = self.read(SPLIT).get("pictures")
        if not isinstance(described, dict):
            msg = f"`{self.path / SPLIT}` must describe the pictures, got no `pictures`"
            raise InputError(msg)
        return described


def described(data: Dataset, split: Split) -> dict[str, Any]:
    """What split.json holds."""
    pictures = {**Description.of(data)._asdict(), "fingerprint": data.fingerprint}
    return {"pictures": pictures, **split.to_json()}
