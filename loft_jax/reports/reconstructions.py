"""Reconstructions of the same classes by every attack, a row each, and the private pictures.

Private pictures come from the sheet that the attack wrote, which holds them only if they are
synthetic or were asked for; never from the data.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from jaxtyping import UInt8
from PIL import Image

from loft_jax.attacks import sheet
from loft_jax.data.sources import source_of
from loft_jax.errors import InputError
from loft_jax.findings.columns import SETTING
from loft_jax.findings.wording import attack_name
from loft_jax.reports.gather import Material
from loft_jax.reports.pictures import Picture, small
from loft_jax.runs.arrays import read_arrays

CLASSES = 8
"""Classes shown: the first that every attack shown has."""


class Shown(NamedTuple):
    """One reconstruction and how many evaluators take it for its class."""

    picture: Picture
    recognised: str


class Row(NamedTuple):
    """One attack: defense and attack in words, and a picture a class."""

    defense: str
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
    control: "_Found | None" = None


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
        one, defense = found[setting["attack_folder"]], setting["label"]
        attack = attack_name(setting, prior=True)
        pictures = [
            _shown(one, label, f"{name} as reconstructed from {defense} by {attack}")
            for label, name in zip(labels, names, strict=True)
        ]
        rows.append(Row(defense, attack, pictures))
    rows += _controls(chosen, found, labels, names)
    private, note = _private(material, chosen, found, labels, names, show_private=show_private)
    seeds = chosen["seed"].unique().sort().to_list()
    return Panel(
        names,
        private,
        rows,
        f"The first {len(labels)} classes that every attack shown has; seed "
        f"{', '.join(map(str, seeds))}; of each class the reconstruction of which the attacked "
        f"classifier is surest. Below it: how many evaluators take it for its class. Lookalikes: "
        f"what an attack gives before its search, strangers. {note}",
    )


def _controls(
    chosen: pl.DataFrame, found: dict[str, _Found], labels: list[int], names: list[str]
) -> list[Row]:
    """The lookalikes of the first attack on each classifier that kept them."""
    rows: dict[str, Row] = {}
    for setting in chosen.iter_rows(named=True):
        one, defense = found[setting["attack_folder"]].control, setting["label"]
        if one is None or defense in rows:
            continue
        attack = f"lookalikes of {attack_name(setting, prior=True)}"
        pictures = [
            _shown(one, label, f"{name} to {defense}: {attack}")
            for label, name in zip(labels, names, strict=True)
        ]
        rows[defense] = Row(defense, attack, pictures)
    return list(rows.values())


def _chosen(material: Material) -> pl.DataFrame:
    """A row an attack to show: of each setting the smallest seed whose pictures are there."""
    there = [
        name for name in material.attacks if (Path(name) / "reconstructions.npz").is_file()
    ]  # fmt: skip
    table = material.table.filter(pl.col("attack_folder").is_in(there))
    return table.group_by(SETTING, maintain_order=True).first()


def _read(folder: Path) -> _Found:
    path = folder / "reconstructions.npz"
    stored = read_arrays(path)
    images, labels = stored.get("images", np.empty(0)), stored.get("labels", np.empty(0)).tolist()
    confidence = stored.get("confidence", np.zeros(images.shape[:2]))
    shaped = images.ndim == 5 and confidence.shape == images.shape[:2]
    if not shaped or images.dtype != np.uint8 or len(images) != len(labels):
        msg = f"`{path}` must hold uint8 images [k, s, h, w, ch], got {images.shape}"
        raise InputError(msg)
    judged = read_arrays(folder / "outcomes.npz")
    strangers = stored.get("lookalikes")
    control = None
    if strangers is not None and strangers.shape == images.shape:  # they are sorted, best first
        control = _Found(strangers, labels, [0] * len(labels), judged.get("lookalike_recognised"))
    return _Found(images, labels, confidence.argmax(1).tolist(), judged.get("recognised"), control)


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
    if not (_may_be_shown(material) or show_private):
        return [], "Private pictures are not shown; they are people's (--show-private shows them)."
    for setting in chosen.iter_rows(named=True):
        name = setting["attack_folder"]
        run = material.runs.get(setting["run"])
        if run is None:
            continue
        one = found[name]
        cut = private_pictures(
            Path(name) / "reconstructions.png", one.images, controls=one.control is not None
        )
        where = [one.labels.index(label) for label in labels]
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


def _may_be_shown(material: Material) -> bool:
    """Whether nobody private is on the pictures, which the source of every run must say."""
    runs = material.runs.values()
    return bool(runs) and all(source_of(run.config.data.data).shown for run in runs)


def private_pictures(
    path: Path, images: UInt8[np.ndarray, "k s h w ch"], *, controls: bool
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
    places = sheet.layout(*images.shape[:3], private=True, controls=controls)
    if paper.shape[1::-1] != places.size:
        return None

    def cut(index: int, left: int) -> np.ndarray:
        x, top = places.corner(index, left)
        end = places.scale * images.shape[2]
        return paper[top : top + end : places.scale, x : x + end : places.scale]

    for i in range(count := min(len(images), sheet.ROWS)):
        if not np.array_equal(found := cut(i, places.found), images[i, 0] + 0 * found):
            return None
    return np.stack([cut(i, places.private) for i in range(count)])
