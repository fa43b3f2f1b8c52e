"""A prior goes on with the pictures and the target that it began with, wherever these lie now."""

import dataclasses
from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx
from PIL import Image

from loft_jax.data.settings import DataConfig
from loft_jax.data.sources import SOURCES
from loft_jax.errors import InputError
from loft_jax.fitting.generators import session
from loft_jax.fitting.generators.folder import TARGET
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.trained import Trained
from loft_jax.nets.description import Description
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs.session import Result

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8)
IMAGES[1], IMAGES[3] = IMAGES[0], IMAGES[2]


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """Begins, or continues, a prior that is looked at and never fitted."""

    class Looked:
        def __init__(self, *parts):
            pass

        def result(self):
            return Result(Path(), {}, "")

    monkeypatch.setattr(session, "PriorRun", Looked)

    def begin(data, **changes):
        place = tmp_path / "prior"
        place = {"resume": str(place)} if place.exists() else {"out": str(place)}
        config = FitConfig(data=str(data), size=8, channels=1, cache=False)
        session.fit_generator(dataclasses.replace(config, **place, **changes))

    return begin


def archive(path, images=IMAGES):
    np.savez(path, images=images)
    return path


def test_the_same_pictures_may_lie_elsewhere_and_others_not(begun, tmp_path):
    begun(archive(tmp_path / "own.npz"))
    begun(archive(tmp_path / "moved.npz"))
    paired = IMAGES.copy()
    paired[[0, 1, 2, 3]] = IMAGES[[4, 4, 5, 5]]
    for other in (IMAGES[::-1], paired):
        with pytest.raises(InputError, match=r"`--data` must hold .* began with, got other"):
            begun(archive(tmp_path / "other.npz", other))


@pytest.fixture
def laws(monkeypatch):
    """Faces, and another row whose law draws the same."""
    monkeypatch.setitem(SOURCES._rows, "masks", dataclasses.replace(SOURCES["faces"]))


@pytest.mark.parametrize(("own", "other"), [("own.npz", "faces"), ("faces", "masks")])
def test_a_law_is_not_what_another_source_gave(own, other, begun, laws, tmp_path):
    names = {"own.npz": archive(tmp_path / "own.npz")}
    begun(names.get(own, own), count=20)
    begun(names.get(own, own), count=20)
    with pytest.raises(InputError, match=f"began with, got others in {other}"):
        begun(other, count=20)


def test_another_version_of_a_law_draws_other_pictures(begun, monkeypatch):
    begun("faces", count=20)
    monkeypatch.setitem(SOURCES._rows, "faces", dataclasses.replace(SOURCES["faces"], version=9))
    with pytest.raises(InputError, match="got others in faces"):
        begun("faces", count=20)


@pytest.fixture
def targets(monkeypatch):
    """Classifiers at these places, told by their weights."""
    config = TrainConfig(data=DataConfig("digits", size=8))
    pictures = Description(8, 1, tuple("0123456789"))
    weights = {"own": 1.0, "moved": 1.0, "other": 2.0}

    def load(path, mesh, flag):
        graph, params, stats = nnx.split(nnx.Linear(1, 1, rngs=nnx.Rngs(0)), nnx.Param, ...)
        params = jax.tree.map(lambda leaf: leaf * 0 + weights[path], params)
        classifier = FrozenClassifier(graph, params, stats)
        return Trained(RunFolder(Path(path)), config, pictures, 1, classifier)

    monkeypatch.setattr(session, "load_trained", load)


@pytest.mark.parametrize(("own", "other"), [("own", "other"), (None, "own"), ("own", None)])
def test_the_same_target_may_lie_elsewhere_and_another_not(own, other, begun, targets, tmp_path):
    pictures = archive(tmp_path / "own.npz")
    begun(pictures, target=own)
    begun(pictures, target=own and "moved")
    with pytest.raises(InputError, match=f"`--target` must be the .* another: {other or 'none'}"):
        begun(pictures, target=other)


def test_a_prior_that_does_not_say_what_it_is_fitted_to_is_of_an_earlier_version(begun, tmp_path):
    pictures = archive(tmp_path / "own.npz")
    begun(pictures)
    (tmp_path / "prior" / TARGET).unlink()
    with pytest.raises(InputError, match="of an earlier version"):
        begun(pictures)


def test_what_is_left_out_of_a_folder_is_printed(begun, tmp_path, capsys):
    (tmp_path / "public").mkdir()
    for k, image in enumerate(IMAGES):
        Image.fromarray(image).save(tmp_path / "public" / f"{k}.png")
    (tmp_path / "public" / "a.gif").write_bytes(b"x")
    begun(tmp_path / "public")
    assert "left out, files of other types: 1 .gif" in "".join(capsys.readouterr())
