"""Reconstructions of the same classes by every attack, a row each, and the private pictures.

Private pictures come from the sheet that the attack wrote, which holds them only if they are
synthetic or were asked for; never from the data.
"""

import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from jaxtyping import UInt8
from PIL import Image

from loft_jax.attacks import sheet
from loft_jax.data.sources import source_of
from loft_jax.errors import InputError
from loft_jax.findings.table import SETTING
from loft_jax.findings.wording import attack_name, head_name
from loft_jax.reports.folders import Attack, Run
from loft_jax.reports.gather import Material
from loft_jax.reports.pictures import Picture, small

CLASSES = 8
"""Classes shown: the first that every attack shown has."""


class Shown(NamedTuple):
    """One reconstruction and how many evaluators take it for its class."""

    picture: Picture
    recognised: str


class Row(NamedTuple):
    """One attack: head and attack in words, and a picture a class."""

    head: str
    attack: str
    pictures: list[Shown]


class Panel(NamedTuple):
    """The whole panel; `private` has a picture a class or is empty."""

    classes: list[str]
    private: list[Picture]
    rows: list[Row]
    note: str


class _Found(NamedTuple):
    images: UInt8[np.ndarray, "k s h w ch"]
    labels: list[int]
    best: list[int]  # of each class the one the attacked classifier is surest of
    hits: np.ndarray | None  # [evaluators, k, s]


def panel(material: Material, *, show_private: bool) -> Panel | None:
    """The panel, or None without reconstructions.

    Raises:
        InputError: if a file is damaged.
    """
    chosen = _chosen(material)
    found = {name: _read(Path(name)) for name in chosen["attack_folder"]}
    labels = _in_common([one.labels for one in found.values()])
    if not labels:
        return None
    names = _class_names(material, labels)
    rows = []
    for setting in chosen.iter_rows(named=True):
        one, head = found[setting["attack_folder"]], head_name(setting)
        attack = attack_name(setting, prior=True)
        pictures = [
            _shown(one, label, f"{name} as reconstructed from the head {head} by {attack}")
            for label, name in zip(labels, names, strict=True)
        ]
        rows.append(Row(head, attack, pictures))
    private, note = _private(material, chosen, found, labels, names, show_private=show_private)
    seeds = chosen["seed"].unique().sort().to_list()
    return Panel(
        names,
        private,
        rows,
        f"The first {len(labels)} classes that every attack shown has; seed "
        f"{', '.join(map(str, seeds))}; of each class the reconstruction of which the attacked "
        f"classifier is surest. Below it: how many evaluators take it for its class. {note}",
    )


def _chosen(material: Material) -> pl.DataFrame:
    """A row an attack to show: of each setting the smallest seed whose pictures are there."""
    there = [
        name for name in material.attacks if (Path(name) / "reconstructions.npz").is_file()
    ]  # fmt: skip
    table = material.table.filter(pl.col("attack_folder").is_in(there))
    return table.group_by(SETTING, maintain_order=True).first()


def _read(folder: Path) -> _Found:
    path = folder / "reconstructions.npz"
    stored = _arrays(path)
    try:
        images, labels = stored["images"], stored["labels"].tolist()
        confidence = stored.get("confidence", np.zeros(images.shape[:2]))
        best = confidence.argmax(1).tolist()
        if images.ndim != 5 or images.dtype != np.uint8 or len(images) != len(labels):
            msg = f"`{path}` must hold uint8 images [k, s, h, w, ch], got {images.shape}"
            raise InputError(msg)
    except KeyError as error:
        msg = f"`{path}` must be of python -m loft_jax.attack, got no {error}"
        raise InputError(msg) from error
    return _Found(images, labels, best, _arrays(folder / "outcomes.npz").get("accuracy_at_1"))


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        msg = f"`{path}` must hold the arrays of python -m loft_jax.attack, got: {error}"
        raise InputError(msg) from error


def _in_common(found: list[list[int]]) -> list[int]:
    if not found:
        return []
    return sorted(set(found[0]).intersection(*found[1:]))[:CLASSES]


def _class_names(material: Material, labels: list[int]) -> list[str]:
    for run in material.runs.values():
        if len(run.class_names) > max(labels):
            return [run.class_names[label] for label in labels]
    return [f"class {label}" for label in labels]


def _shown(one: _Found, label: int, alt: str) -> Shown:
    i = one.labels.index(label)
    s = one.best[i]
    recognised = ""
    if one.hits is not None and one.hits.ndim == 3:
        recognised = f"{int(one.hits[:, i, s].sum())} of {len(one.hits)}"
        alt += f", taken for this class by {recognised} evaluators"
    return Shown(small(one.images[i, s], alt), recognised)


def _private(
    material: Material, chosen: pl.DataFrame, found: dict[str, _Found], labels: list[int],
    names: list[str], *, show_private: bool,
) -> tuple[list[Picture], str]:  # fmt: skip
    """(a private picture a class or none, a sentence about them)."""
    if not (_synthetic(material) or show_private):
        return [], "Private pictures are not shown; they are people's (--show-private shows them)."
    for setting in chosen.iter_rows(named=True):
        name = setting["attack_folder"]
        run = material.runs.get(setting["run"])
        if run is None or not _on_sheet(material.attacks[name], run):
            continue
        cut = private_pictures(Path(name) / "reconstructions.png", found[name].images)
        where = [found[name].labels.index(label) for label in labels]
        if cut is not None and max(where) < len(cut):
            pictures = [
                small(cut[i], f"a private picture of {class_name}")
                for i, class_name in zip(where, names, strict=True)
            ]
            return pictures, "First row: private pictures, which no attack has seen."
    return [], (
        "Private pictures are on no attack's sheet; python -m loft_jax.attack --show-private puts "
        "them there."
    )


def _synthetic(material: Material) -> bool:
    """Whether the people do not exist, which every run must say of itself."""
    runs = material.runs.values()
    return bool(runs) and all(source_of(run.config.data.data).law for run in runs)


def _on_sheet(attack: Attack, run: Run) -> bool:
    asked = attack.config is not None and attack.config.show_private
    return asked or source_of(run.config.data.data).shown


def private_pictures(
    path: Path, images: UInt8[np.ndarray, "k s h w ch"]
) -> UInt8[np.ndarray, "n h w 3"] | None:
    """The first private picture of each class on the sheet at `path`, as it was before enlarging.

    None if the sheet is not laid out as `loft_jax.attacks.sheet` does with private pictures of at
    least one a class, which is seen by finding the reconstructions in their place.
    """
    try:
        with Image.open(path) as opened:
            paper = np.asarray(opened.convert("RGB"))
    except OSError:
        return None
    side, count = images.shape[2], min(len(images), sheet.ROWS)
    scale = -(-sheet.SIDE // side)
    step = scale * side + 2
    left = sheet.LABEL + sheet.SHOWN * step + sheet.GAP
    blocks = -(-count // sheet.TALL)
    rows, width = -(-count // blocks), left + images.shape[1] * step + 2 * sheet.GAP
    if paper.shape[:2] != (sheet.HEAD + rows * step, blocks * width):
        return None

    def cut(index: int, x: int) -> np.ndarray:
        top, start = sheet.HEAD + index % rows * step, index // rows * width + x
        return paper[top : top + scale * side : scale, start : start + scale * side : scale]

    if not all(np.array_equal(cut(i, left), images[i, 0] + 0 * cut(i, left)) for i in range(count)):
        return None
    return np.stack([cut(i, sheet.LABEL) for i in range(count)])
