"""Data sets and public pictures that a law draws."""

import json
from collections.abc import Callable

import numpy as np

from loft_jax.data.dataset import Dataset
from loft_jax.data.sources.base import DEFAULT_SIZE, Images, Law, Population, Source, Wanted
from loft_jax.errors import InputError
from loft_jax.runs.memory import check_fits

PUBLIC_COUNT = 8192
"""Public pictures drawn when no number is asked for."""


def people(
    name: str, source: Source, wanted: Wanted, population: Population = "private"
) -> Dataset:
    """The first members of a population with their pictures.

    Raises:
        InputError: if a number is out of range, or the pictures do not fit into memory.
    """
    identities, pictures = wanted.identities, wanted.pictures
    for argument, count in (("identities", identities), ("pictures", pictures)):
        if count < 2:
            msg = f"`--{argument}` must be at least 2, got {count}"
            raise InputError(msg)
    size, channels = _shape(source, wanted)
    _check_drawable("`--identities` x `--pictures`", identities * pictures, size, channels)
    law = _law(source, wanted, population)
    told = [name, source.version, wanted.seed, identities, pictures]
    told += [] if population == "private" else [population]
    images, labels = law.pictures(identities, pictures, _counted(wanted, identities * pictures))
    return Dataset(
        name=name,
        images=np.asarray(images),
        labels=np.asarray(labels, np.int32),
        class_names=tuple(f"{source.singular} {index}" for index in range(identities)),
        made_by=json.dumps(told),
    )


def public(source: Source, wanted: Wanted, count: int | None) -> Images:
    """One picture each of the first members of the public population, by default 8192.

    Raises:
        InputError: if a number is out of range, or the pictures do not fit into memory.
    """
    count = PUBLIC_COUNT if count is None else count
    _check_drawable("`--count`", count, *_shape(source, wanted))
    return _law(source, wanted, "public").pictures(count, 1, _counted(wanted, count))[0]


def _shape(source: Source, wanted: Wanted) -> tuple[int, int]:
    return wanted.size or source.size or DEFAULT_SIZE, wanted.channels or 3


def _law(source: Source, wanted: Wanted, population: Population) -> Law:
    assert source.law is not None
    return source.law(*_shape(source, wanted), wanted.seed, population)


def _check_drawable(arguments: str, count: int, size: int, channels: int) -> None:
    what = f"{arguments} = {count} pictures of {size}x{size}x{channels} bytes"
    check_fits(what, count * size * size * channels)


def _counted(wanted: Wanted, count: int) -> Callable[[int], None] | None:
    report = wanted.progress
    return None if report is None else lambda done: report(done, count)
