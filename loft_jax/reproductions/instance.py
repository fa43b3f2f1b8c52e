"""What one answer tells of its picture: the error of a decoder of the latents on fresh people.

A head that was cut has the trunk of the plain one: what is decoded of features is decoded once for
all heads on a trunk. Numbers are kept beside the cells, so that a second call computes nothing.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, UInt8

from loft_jax.auditing.decoders import latents, ridge
from loft_jax.auditing.upper import upper_end
from loft_jax.data.faces.traits import IDENTITY_DIM, SHAPE_DIM
from loft_jax.data.sources.faces import face_law
from loft_jax.fitting.session import load_data
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs import devices
from loft_jax.runs.files import read_json, write_json
from loft_jax.sweeps.cells import Model, Pictures
from loft_jax.sweeps.store import Store

FIT, TEST = 16_384, 4096
SMOKE_FIT, SMOKE_TEST = 512, 128
"""Fresh people that a decoder learns from, and that it is measured on."""
BATCH = 128
PARTS = {
    "identity": slice(0, IDENTITY_DIM),
    "traits": slice(0, SHAPE_DIM),
    "texture": slice(SHAPE_DIM, IDENTITY_DIM),
}
"""What of the 96 numbers behind a face an error is of; 1 is knowing nothing."""


class People(NamedTuple):
    """Fresh people of the law, a picture of each, and who they are."""

    images: UInt8[np.ndarray, "n h w ch"]
    identities: Float[np.ndarray, "n 96"]


class Instances:
    """Measures heads of one store; pictures and features are made when something asks for them.

    Args:
        store: where the runs lie.
        pictures: that all of them learnt from.
        smoke: few people.
    """

    def __init__(self, store: Store, pictures: Pictures, *, smoke: bool):
        self._pictures = pictures
        self._store, self._mesh = store, devices.data_mesh()
        self._fit, test = (SMOKE_FIT, SMOKE_TEST) if smoke else (FIT, TEST)
        self._count = self._fit + test
        self._folder = store.root / "decoded" / f"{self._fit}"
        self._seen: tuple[str, dict[str, np.ndarray]] = ("", {})
        self._tested: tuple[np.ndarray, np.ndarray] | None = None

    def of(self, model: Model) -> dict[str, Any]:
        """`features` and `code`, errors of the parts with their limits; and `margin` of the head.

        Raises:
            InputError: if the run is damaged.
        """
        trunk = model.start or model
        features = self._kept(
            f"{trunk.name}-features", lambda: self._decoded(self._features(trunk)["fresh"])
        )
        return {"features": features, **self._kept(model.name, lambda: self._head(model, trunk))}

    def _kept(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        path = self._folder / f"{name}.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, make())
        return read_json(path)

    def _head(self, model: Model, trunk: Model) -> dict[str, Any]:
        seen = self._features(trunk)
        head = self._loaded(model).classifier.head
        logits, code = head(jnp.asarray(seen["fresh"]))
        released = np.asarray(logits if code is None else code)
        own = np.asarray(head(jnp.asarray(seen["test"]))[0])
        return {"code": self._decoded(released), "margin": margin(own, seen["labels"])}

    def _decoded(self, answers: Float[np.ndarray, "n m"]) -> dict[str, Any]:
        who = self._people.identities
        told, known = answers[: self._fit], who[: self._fit]
        decoders = {"ridge": ridge.fit(told, known),
                    "latents": latents.fit_to(told, known, jax.random.key(0))}  # fmt: skip
        return {
            name: errors(decoder.decode(answers[self._fit :]) - who[self._fit :])
            for name, decoder in decoders.items()
        }

    def _features(self, trunk: Model) -> dict[str, np.ndarray]:
        """Of fresh people and of the test pictures, with the labels of these; of one trunk."""
        if self._seen[0] != trunk.name:
            run = self._loaded(trunk)
            images, labels = self._test(run)
            made = {"fresh": _answered(run.classifier, self._people.images), "labels": labels,
                    "test": _answered(run.classifier, images)}  # fmt: skip
            self._seen = trunk.name, made
        return self._seen[1]

    def _test(self, run: Trained) -> tuple[np.ndarray, np.ndarray]:
        """The test part, the same for all seeds: people and split are."""
        if self._tested is None:
            data = load_data(run.config)
            chosen = run.folder.split(data).test
            self._tested = data.images[chosen], data.labels[chosen]
        return self._tested

    def _loaded(self, model: Model) -> Trained:
        return load_trained(str(self._store.path(model)), self._mesh)

    @cached_property
    def _people(self) -> People:
        """The first of the public population: the private one shares no random key with it."""
        law = face_law(self._pictures.size, self._pictures.channels, 0, "public")
        who = np.arange(self._count)
        latent = np.asarray(law.latents(who, np.zeros_like(who)))
        return People(law.pictures(self._count, 1)[0], latent[:, :IDENTITY_DIM])


def errors(missed: Float[np.ndarray, "n 96"]) -> dict[str, dict[str, float]]:
    """Mean squared error a coordinate of each part, its standard error and one-sided limit."""
    squares = missed**2
    return {name: upper_end(squares[:, part].mean(1))._asdict() for name, part in PARTS.items()}


def margin(logits: Float[np.ndarray, "n c"], labels: Int[np.ndarray, " n"]) -> float:
    """Median over pictures of the own logit minus the largest other."""
    own = np.take_along_axis(logits, labels[:, None].astype(int), axis=1)[:, 0]
    others = logits.copy()
    np.put_along_axis(others, labels[:, None].astype(int), -np.inf, axis=1)
    return float(np.median(own - others.max(axis=1)))


def _answered(
    classifier: FrozenClassifier, images: UInt8[np.ndarray, "n h w ch"]
) -> Float[np.ndarray, "n d"]:
    """Features, in batches of one shape."""
    parts = []
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH]
        filled = jnp.asarray(np.resize(part, (BATCH, *images.shape[1:])), jnp.float32) / 255
        parts.append(np.asarray(_features_of(classifier, filled))[: len(part)])
    return np.concatenate(parts)


@jax.jit
def _features_of(classifier: FrozenClassifier, images: jax.Array) -> jax.Array:
    return classifier.outputs(images).features
