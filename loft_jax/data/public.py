"""Public pictures: what an attacker may learn from, without labels and without anyone private."""

import hashlib
import os.path
import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import UInt8, UInt64

from loft_jax.data import folder, npz
from loft_jax.data.resize import check_size, resize, to_channels
from loft_jax.errors import InputError

DEFAULT_SIZE = 32
DEFAULT_COUNT = 8192
"""Synthetic faces drawn when no number is asked for."""


def load_public(
    data: str,
    *,
    size: int | None = None,
    channels: int | None = None,
    seed: int = 0,
    count: int | None = None,
) -> UInt8[np.ndarray, "n h w ch"]:
    """The public pictures that `data` names, without labels.

    Args:
        data: `faces` (people of the public population, one picture each), FILE.npz with `images`
            (labels, if any, are not read), or a FOLDER of pictures or of folders of pictures.
        size: side in pixels; None keeps that of the files (faces: 32).
        channels: 1 (gray) or 3 (RGB); None keeps what there is (faces: RGB).
        seed: which people are drawn (faces) or kept (files).
        count: number of pictures; None is all of a file, 8192 faces.

    Raises:
        InputError: if `data` names nothing of this kind, what it names is not as it must be, or
            holds fewer than `count` pictures.
    """
    check_size(size)
    if count is not None and count < 1:
        msg = f"`count` must be at least 1, got {count}"
        raise InputError(msg)
    if data == "faces":
        return _faces(size or DEFAULT_SIZE, channels or 3, seed, count or DEFAULT_COUNT)
    images = to_channels(_load(data, size), channels)
    if count is None or count == len(images):
        return images
    if count > len(images):
        msg = f"`count` must be at most {len(images)}, the pictures in {data}, got {count}"
        raise InputError(msg)
    return images[np.sort(np.random.default_rng(seed).permutation(len(images))[:count])]


def picture_hashes(images: UInt8[np.ndarray, "n h w ch"]) -> UInt64[np.ndarray, " n"]:
    """The first 64 bits of each picture's SHA-256; equal pictures have equal numbers."""
    digests = [hashlib.sha256(np.ascontiguousarray(image).tobytes()).digest() for image in images]
    return np.frombuffer(b"".join(digests), np.uint64)[::4].copy()


def check_disjoint(public: UInt64[np.ndarray, " n"], private: UInt64[np.ndarray, " m"]) -> None:
    """Check that no picture is both public and private.

    Args:
        public: `picture_hashes` of what the attacker learns from.
        private: those of the target's pictures, brought to the same size and channels.

    Raises:
        InputError: saying how many pictures are shared.
    """
    shared = np.isin(public, private).sum()
    if shared:
        msg = (
            f"public pictures must not be among the target's own, got {shared} of {len(public)} "
            "that are: an attacker who has them needs no attack"
        )
        raise InputError(msg)


def _faces(size: int, channels: int, seed: int, count: int) -> UInt8[np.ndarray, "n h w ch"]:
    from loft_jax.data.faces import FaceLaw  # imports JAX, which reading files does not need

    return FaceLaw(size, channels, seed, population="public").pictures(count, 1)[0]


def _load(data: str, size: int | None) -> UInt8[np.ndarray, "n h w ch"]:
    # os.path, unlike pathlib, answers no for names that no file system could hold.
    path = Path(os.path.expanduser(data))
    if data and os.path.isdir(path):
        return _folder(path, size)
    if path.suffix.lower() == ".npz":
        return resize(_npz(path), size, source=str(path))
    came = "which is a file of another type" if os.path.isfile(path) else "which does not exist"
    msg = f"`data` must be faces, FILE.npz or a FOLDER of pictures, got `{data}`, {came}"
    raise InputError(msg)


def _npz(path: Path) -> UInt8[np.ndarray, "n h w ch"]:
    if not os.path.isfile(path) or not zipfile.is_zipfile(path):
        came = "one that is damaged or of another type" if os.path.isfile(path) else "no such file"
        msg = f"{path} must be an .npz file, got {came}"
        raise InputError(msg)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            images = npz._member(archive, "images", path) if "images" in archive else None
            keys = ", ".join(sorted(archive)) or "none"
    except InputError:
        raise
    except npz._CORRUPT as error:
        msg = f"{path} must be an intact .npz file, got: {error}"
        raise InputError(msg) from error
    if images is None:
        msg = f"{path}: key `images` must be there, got {keys}"
        raise InputError(msg)
    return npz._images({"images": images}, path)


def _folder(path: Path, size: int | None) -> UInt8[np.ndarray, "n h w ch"]:
    below = sorted(entry for entry in path.iterdir() if entry.is_dir() and folder._visible(entry))
    files = [file for place in (path, *below) for file in folder._picture_files(place)]
    if not files:
        msg = f"{path} must hold pictures ({' '.join(folder.SUFFIXES)}), got none"
        raise InputError(msg)
    pictures: list[np.ndarray] = []
    unreadable: list[str] = []
    for file in files:
        try:
            picture = folder._read(file, size)
        except folder._UNREADABLE as error:
            unreadable.append(f"{file} ({folder._one_line(error)})")
            continue
        folder._check_shape(picture, pictures, file, size)
        pictures.append(picture)
    if unreadable:
        shown = ", ".join(unreadable[:10])
        msg = f"{len(unreadable)} of {len(files)} files cannot be read: {shown}; mend or remove"
        raise InputError(msg)
    return folder._stack(pictures)
