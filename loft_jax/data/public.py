"""Public pictures: what an attacker may learn from, without labels and without anyone private."""

import dataclasses
import hashlib
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8, UInt64

from loft_jax.data.dataset import Dataset
from loft_jax.data.first import First
from loft_jax.data.resize import check_channels, check_size, resize, to_channels
from loft_jax.data.sources import drawn
from loft_jax.data.sources.base import Wanted
from loft_jax.data.sources.table import check_there, row_of
from loft_jax.errors import InputError

FRESH = 2**31
"""Added to the seed of the private people: no prior learns from the strangers of that world."""


def load_public(
    data: str,
    *,
    size: int | None = None,
    channels: int | None = None,
    seed: int = 0,
    count: int | None = None,
    first: int | None = None,
    flag: str = "--data",
    progress: Callable[[int, int], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> UInt8[np.ndarray, "n h w ch"]:
    """The public pictures that `data` names, without labels.

    Args:
        data: `faces` (people of the public population, one picture each), FILE.npz with `images`
            (labels, if any, are not read), a FOLDER of pictures or of folders of pictures, or
            another row of `SOURCES`.
        size: side in pixels; None keeps that of the files (faces: 32).
        channels: 1 (gray) or 3 (RGB); None keeps what there is (faces: RGB).
        seed: which people are drawn (faces) or kept (files).
        count: number of pictures; None is all of a file, 8192 faces.
        first: so many of a set that is there are used, the first, as if it had no others.
        flag: what the user named the pictures by, for messages.
        progress: called with (done, of so many) while much is read or drawn.
        tell: called with a sentence on what is left out.

    Raises:
        InputError: if `data` names nothing of this kind, what it names is not as it must be, or
            holds fewer than `count` pictures.
    """
    check_size(size)
    check_channels(channels)
    if count is not None and count < 1:
        msg = f"`--count` must be at least 1, got {count}"
        raise InputError(msg)
    name, source = row_of(data)
    check_there(source, data, "FOLDER of pictures", flag)
    wanted = Wanted(
        data, size, channels, seed, first=First(pictures=first), progress=progress, tell=tell
    )
    if source.law is not None:
        return drawn.public(source, wanted, count)
    if source.public is None:
        msg = f"`{flag}` must have public pictures, got `{name}`, whose pictures are all private"
        raise InputError(msg)
    images = to_channels(source.public(wanted)[:first], channels)
    if count is None or count == len(images):
        return images
    if count > len(images):
        msg = f"`--count` must be at most {len(images)}, the pictures in {data}, got {count}"
        raise InputError(msg)
    return images[np.sort(np.random.default_rng(seed).permutation(len(images))[:count])]


def load_public_people(
    data: str,
    *,
    size: int,
    channels: int,
    seed: int = 0,
    identities: int = 128,
    pictures: int = 32,
    progress: Callable[[int, int], None] | None = None,
    flag: str = "--pretrain",
) -> Dataset:
    """The public people of `--pretrain`, with what they are called: to train a network on.

    Args:
        data: `faces` (people of the public population), FILE.npz, a FOLDER of class folders, or
            another row of `SOURCES`; people with one picture are left out.
        size: side in pixels.
        channels: 1 (gray) or 3 (RGB).
        seed: which people a law draws.
        identities: how many.
        pictures: of each of them.
        progress: called with (done, of so many) while much is read or drawn.
        flag: what named them, for messages.

    Raises:
        InputError: if `data` names nothing of this kind, or what it names is not as it must be.
    """
    name, source = row_of(data)
    check_there(source, data, "FOLDER of class folders", flag)
    wanted = Wanted(
        data, size, channels, seed, identities, pictures, progress=progress, singles=False
    )
    if source.law is not None:
        return drawn.people(name, source, wanted, "public")
    if source.load is None or source.public is None:
        msg = f"`{flag}` must have public pictures, got `{name}`, whose are all private"
        raise InputError(msg)
    loaded = source.load(wanted)
    images = to_channels(resize(loaded.images, size, source=data), channels)
    return dataclasses.replace(loaded, images=images, source=name, noun=source.noun)


def picture_hashes(images: UInt8[np.ndarray, "n h w ch"]) -> UInt64[np.ndarray, " n"]:
    """The first 64 bits of each picture's SHA-256; equal pictures have equal numbers."""
    digests = [hashlib.sha256(np.ascontiguousarray(image).tobytes()).digest() for image in images]
    return np.frombuffer(b"".join(digests), np.uint64)[::4].copy()


def fingerprint(hashes: UInt64[np.ndarray, " n"]) -> str:
    """Tells the pictures of these `picture_hashes`, in their order, from all others."""
    return hashlib.sha256(hashes.tobytes()).hexdigest()[:16]


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
