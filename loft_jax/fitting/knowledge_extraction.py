"""Knowledge extraction: what a classifier taught by reconstructions knows of real pictures."""

import dataclasses

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Bool, UInt8

from loft_jax.data.settings import AugmentConfig
from loft_jax.data.split import Split
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.fitting.classifiers import ClassifierTask, total_steps
from loft_jax.fitting.loop import fit
from loft_jax.fitting.predict import Answerer
from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig
from loft_jax.fitting.state import blueprint
from loft_jax.nets.description import Description
from loft_jax.runs import devices

STUDENT = TrainConfig(
    model=ModelConfig(trunk="small_cnn", defense=NoDefense()),
    augment=AugmentConfig(crop_scale=(0.8, 1.0), brightness=0.1, contrast=0.1),
    optim=OptimConfig(epochs=75, batch=32),
)
"""How the student is taught: a small network without a LoFt head, 75 passes."""


def knowledge_extraction(
    reconstructions: UInt8[np.ndarray, "k s h w ch"],
    private: list[UInt8[np.ndarray, "_ _ _ _"]],
    mesh: Mesh,
    *,
    seed: int = 0,
    student: TrainConfig = STUDENT,
) -> list[Bool[np.ndarray, " _"]]:
    """For each of k classes, which of its real pictures the student gets right.

    A fresh classifier of the k classes learns from the reconstructions alone; it has never seen a
    real picture. Chance is 1 / k. The ceiling is the same call with as many real training pictures
    in the place of the reconstructions. The published number is the share of right answers over
    all pictures, of a ResNet-50 (or -152) that starts from other photographs; this student starts
    from nothing and is comparable with itself only.

    Args:
        reconstructions: s pictures of each class, grouped.
        private: real pictures of each class, best those the target did not train on.
        mesh: devices.
        seed: of the student's weights, order and augmentation.
        student: its architecture and training.

    Raises:
        DivergenceError: if the student's loss is not finite.
        InputError: if there are fewer than 2 classes, not one array of private pictures for each,
            or pictures of another shape.

    Source: Struppek et al., "Be careful what you smooth for", ICLR 2024, section 4.
    """
    k, s, size, _, channels = reconstructions.shape
    _check(reconstructions, private)
    batch = devices.shareable(mesh, student.optim.batch)
    student = dataclasses.replace(
        student,
        run=dataclasses.replace(student.run, seed=seed),
        optim=dataclasses.replace(student.optim, batch=batch),
    )
    images = reconstructions.reshape(-1, *reconstructions.shape[2:])
    labels = np.repeat(np.arange(k, dtype=np.int32), s)
    nothing = np.arange(0)
    split = Split(train=np.arange(len(images)), validation=nothing, test=nothing)
    names = tuple(str(label) for label in range(k))
    steps = total_steps(student, len(images))
    graphs, initialise = blueprint(student, Description(size, channels, names), steps)
    task = ClassifierTask(student, images, labels, split, graphs, mesh)
    state = fit(task, devices.replicate(mesh, initialise()))
    answer = Answerer(graphs.evaluate, student.model.defense, mesh, batch)
    found = answer(state.evaluated_params, state.stats, np.concatenate(private))
    counts = [len(pictures) for pictures in private]
    right = found.logits.argmax(axis=1) == np.repeat(np.arange(k), counts)
    return np.split(right, np.cumsum(counts)[:-1])


def _check(reconstructions: np.ndarray, private: list[np.ndarray]) -> None:
    if len(reconstructions) < 2:
        msg = f"`reconstructions` must be of at least 2 classes, got {len(reconstructions)}"
        raise InputError(msg)
    if len(private) != len(reconstructions):
        msg = (
            f"`private` must hold one array for each of the {len(reconstructions)} classes, "
            f"got {len(private)}"
        )
        raise InputError(msg)
    for pictures in private:
        if len(pictures) == 0 or pictures.shape[1:] != reconstructions.shape[2:]:
            msg = (
                f"`private` must hold pictures of shape {reconstructions.shape[2:]} for each "
                f"class, got an array of shape {pictures.shape}"
            )
            raise InputError(msg)
