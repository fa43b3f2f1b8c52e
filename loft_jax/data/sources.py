"""From what `--data` names to a data set."""

import os.path
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from loft_jax.data.dataset import Dataset
from loft_jax.data.digits import load_digits
from loft_jax.data.folder import load_folder
from loft_jax.data.npz import load_npz
from loft_jax.data.resize import check_size, to_channels
from loft_jax.errors import InputError


class Source(NamedTuple):
    """What a source of pictures is.

    Attributes:
        law: (size, channels, seed, population) -> law of synthetic people; None without one.
        recognises: whether it is meant by a path; None where it is meant by its name.
        prior: where attacks on it search if nobody says.
    """

    law: Callable[..., Any] | None = None
    recognises: Callable[[str], bool] | None = None
    prior: str = "pixels"


def _face_law(size: int, channels: int, seed: int, population: Any) -> Any:
    from loft_jax.data.faces import FaceLaw  # imports JAX, which reading files does not need

    return FaceLaw(size, channels, seed, population)


def source_of(data: str) -> Source:
    """The source that `--data` means, asked without loading."""
    named = {"faces": Source(_face_law, prior="renderer"), "digits": Source()}
    return named.get(data, Source(recognises=os.path.exists))


DEFAULT_SIZE = 32
"""Side in pixels of what has no files: faces are drawn at it, the 8 px digits enlarged to it."""


def load_dataset(
    data: str,
    *,
    size: int | None,
    channels: int | None = None,
    seed: int,
    skip_unreadable: bool = False,
    identities: int = 128,
    pictures: int = 32,
) -> Dataset:
    """The data set that `data` names.

    Args:
        data: `faces` (synthetic, drawn here), `digits`, FILE.npz, or a FOLDER of class folders;
            write ./faces for a folder of that name.
        size: side in pixels; None keeps that of the files (faces, digits: 32).
        channels: 1 (gray) or 3 (RGB); None keeps what there is (faces: RGB).
        seed: faces only, which people are drawn.
        skip_unreadable: folders only, leave out unreadable files (`Dataset.skipped` lists them).
        identities: faces only, number of people.
        pictures: faces only, pictures of each person.

    Raises:
        InputError: if `data` names nothing of this kind, or what it names is not as it must be.
    """
    check_size(size)
    if data == "faces":
        return _faces(size or DEFAULT_SIZE, channels or 3, seed, identities, pictures)
    loaded = _load(data, size, skip_unreadable)
    return Dataset(
        name=loaded.name,
        images=to_channels(loaded.images, channels),
        labels=loaded.labels,
        class_names=loaded.class_names,
        skipped=loaded.skipped,
    )


def _load(data: str, size: int | None, skip_unreadable: bool) -> Dataset:
    # os.path, unlike pathlib, answers no for names that no file system could hold.
    path = Path(os.path.expanduser(data))
    if data == "digits":
        return load_digits(size=size or DEFAULT_SIZE)
    if data and os.path.isdir(path):
        return load_folder(path, size, skip_unreadable=skip_unreadable)
    if path.suffix.lower() == ".npz":
        return load_npz(path, size)
    came = "which is a file of another type" if os.path.isfile(path) else "which does not exist"
    msg = (
        f"`data` must be faces, digits, FILE.npz or a FOLDER of class folders, got `{data}`, {came}"
    )
    raise InputError(msg)


def _faces(size: int, channels: int, seed: int, identities: int, pictures: int) -> Dataset:
    for name, count in (("identities", identities), ("pictures", pictures)):
        if count < 2:
            msg = f"`{name}` must be at least 2, got {count}"
            raise InputError(msg)
    if channels not in (1, 3):
        msg = f"`channels` must be 1 (gray) or 3 (RGB), got {channels}"
        raise InputError(msg)
    from loft_jax.data.faces import FaceLaw  # imports JAX, which reading files does not need

    images, labels = FaceLaw(size, channels, seed, population="private").pictures(
        identities, pictures
    )
    return Dataset(
        name="faces",
        images=np.asarray(images),
        labels=np.asarray(labels, np.int32),
        class_names=tuple(f"person {index}" for index in range(identities)),
    )


def absolute_data(data: str) -> str:
    """The path made absolute if something is there; names of sources stay."""
    path = Path(data).expanduser()
    return data if data in ("faces", "digits") or not path.exists() else str(path.resolve())
