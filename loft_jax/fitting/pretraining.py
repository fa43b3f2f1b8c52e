"""A trunk that learns public people first, as the paper's do: once, then kept for all who ask.

Nobody private is among them: pictures are compared by hash, people by what they are called.
"""

import dataclasses
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import filelock
import platformdirs
from rich.console import Console

from loft_jax.data.dataset import Dataset
from loft_jax.data.public import check_disjoint, load_public_people, picture_hashes
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.fitting.fitted_folder import RESULT
from loft_jax.fitting.settings import TrainConfig
from loft_jax.runs.folder import CONFIG
from loft_jax.runs.identity import content, digest
from loft_jax.runs.session import Result
from loft_jax.runs.settings import RunConfig

NUMBERED = re.compile(r"[a-z]{0,8}[ _-]?\d+", re.IGNORECASE)
"""Names such as `person 3` or `s12`, which say nothing of who it is."""


def load_people(
    config: TrainConfig,
    data: Dataset,
    progress: Callable[[int, int], None] | None = None,
    *,
    flag: str = "--pretrain",
) -> Dataset:
    """The public people of `--pretrain`, with pictures like the private ones.

    Args:
        config: of the run that they are for.
        data: the private pictures.
        progress: called with (done, of so many) while much is read or drawn.
        flag: what named them, for messages.

    Raises:
        InputError: if they are not as they must be, or somebody private is among them.
    """
    assert config.public is not None
    people = load_public_people(
        config.public,
        size=data.size,
        channels=data.channels,
        seed=config.data_seed,
        identities=config.data.identities,
        pictures=config.data.pictures,
        progress=progress,
        flag=flag,
    )
    check_disjoint(picture_hashes(people.images), picture_hashes(data.images))
    if people.made_by is None or data.made_by is None:
        check_strangers(people.class_names, data.class_names, flag)
    return people


def check_strangers(
    public: tuple[str, ...], private: tuple[str, ...], flag: str = "--pretrain"
) -> None:
    """Check that nobody is called what somebody private is called, where names tell.

    Raises:
        InputError: saying who, for example.
    """
    known = {_plain(name) for name in private if not NUMBERED.fullmatch(name)}
    both = [name for name in public if _plain(name) in known]
    if both:
        msg = (
            f"`{flag}` must hold none of the private people, got {len(both)} of the same name, "
            f"such as {both[0]}"
        )
        raise InputError(msg)


def pretrained(
    config: TrainConfig, people: Dataset, out: Console, train: Callable[..., Result]
) -> Path:
    """Folder of the finished run on public people, trained now if nobody has before.

    Trunk, augmentation and optimisation are those of `config`; the head is plain, the seed 0: runs
    of all seeds, heads and private people share it.

    Args:
        config: of the run that begins with it.
        people: `load_people`.
        out: where training is told.
        train: trains a classifier.

    Raises:
        Stopped: if a signal came; it goes on when it is asked for again.
    """
    assert config.public is not None
    asked = dataclasses.replace(
        config,
        start_from=None,
        pretrain=None,
        data=dataclasses.replace(config.data, data=config.public, data_seed=config.data_seed),
        model=dataclasses.replace(config.model, defense=NoDefense(), fisher=0),
        run=RunConfig(device=config.run.device, cache=config.run.cache),
    )
    name = digest([content(dataclasses.replace(asked, data=_same(asked))), people.fingerprint])
    home = platformdirs.user_cache_path("loft_jax") / "pretrained"
    home.mkdir(parents=True, exist_ok=True)
    folder = home / f"{config.model.trunk}-{name}"
    with filelock.FileLock(f"{folder}.lock"):  # who comes second waits and finds it
        if (folder / RESULT).is_file():
            return folder
        going = (folder / CONFIG).is_file()
        if not going:
            shutil.rmtree(folder, ignore_errors=True)  # a folder of ours appears whole
        out.print(
            f"training the trunk on {people.classes} public people, once: {people.name} -> {folder}"
        )
        place = {"resume": str(folder)} if going else {"out": str(folder)}
        train(dataclasses.replace(asked, run=dataclasses.replace(asked.run, **place)), data=people)
    return folder


def _same(asked: TrainConfig):
    """Settings of the pictures without the seed, which their fingerprint tells."""
    return dataclasses.replace(asked.data, data_seed=None)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().casefold()
