"""A trunk learns public people first: once, and never private ones."""

import numpy as np
import pytest
from flax import nnx

import loft_jax
from loft_jax.data.dataset import without_singles
from loft_jax.data.public import load_public_people
from loft_jax.errors import InputError
from loft_jax.fitting import session, start
from loft_jax.fitting.pretraining import check_strangers
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.trained import Trained
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs.identity import content
from loft_jax.runs.session import Result


def archive(path, names, each=4, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(names)), each)
    images = rng.integers(0, 255, (len(labels), 8, 8), dtype=np.uint8)
    np.savez(path, images=images, labels=labels, class_names=np.array(names))
    return path


def test_people_with_one_picture_are_left_out_and_the_others_numbered_anew():
    images = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 1), np.uint8)
    labels = np.array([0, 1, 1, 2, 3, 3], np.int32)
    kept, own, names = without_singles(images, labels, ("a", "b", "c", "d"))
    assert kept[:, 0, 0, 0].tolist() == [1, 2, 4, 5]
    assert own.tolist() == [0, 0, 1, 1]
    assert names == ("b", "d")


def test_public_people_of_a_law_are_not_the_private_ones():
    from loft_jax.data.sources import load_dataset

    public = load_public_people("faces", size=8, channels=3, identities=3, pictures=2)
    private = load_dataset("faces", size=8, seed=0, identities=3, pictures=2)
    assert public.images.shape == private.images.shape
    assert public.fingerprint != private.fingerprint
    assert np.abs(public.images.astype(int) - private.images.astype(int)).mean() > 5


def test_digits_have_no_public_people():
    with pytest.raises(InputError, match="must have public pictures, got `digits`"):
        load_public_people("digits", size=8, channels=1)


def test_names_tell_where_they_are_names():
    check_strangers(("person 1", "s2", "class 3", "Ada"), ("person 1", "s2", "class 3", "Eve"))
    with pytest.raises(InputError, match="none of the private people, got 1 of the same name"):
        check_strangers(("ada lovelace", "Bob"), ("Ada_Lovelace", "Eve"))


@pytest.mark.parametrize(
    ("names", "seed", "what"),
    [
        (["Ada", "Zoe"], 1, "none of the private people"),
        (["Yan", "Zoe"], 0, "public pictures must"),
    ],
)
def test_somebody_private_among_the_public_is_refused_before_a_folder_is_made(
    names, seed, what, tmp_path
):
    private = archive(tmp_path / "private.npz", ["Ada", "Eve"], 6)
    public = archive(tmp_path / "public.npz", names, 6, seed)
    with pytest.raises(InputError, match=what):
        loft_jax.train(
            data=str(private), pretrain=str(public), out=str(tmp_path / "run"), cache=False
        )
    assert not (tmp_path / "run").exists()


def test_two_beginnings_are_one_too_many(tmp_path):
    with pytest.raises(InputError, match="`--pretrain` must be left out beside --start-from"):
        loft_jax.train(data="faces", pretrain="faces", start_from=str(tmp_path))


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """Begins, or continues, a run that is looked at and never trained; gives its settings."""

    class Looked:
        def __init__(self, *parts):
            pass

        def result(self, train):
            return Result(tmp_path, {}, "")

    def load(path, mesh, flag):
        graph, params, stats = nnx.split(nnx.Linear(1, 1, rngs=nnx.Rngs(0)), nnx.Param, ...)
        run = RunFolder.open(path, flag)
        classifier = FrozenClassifier(graph, params, stats)
        return Trained(run, run.config(), run.description(), 1, classifier)

    monkeypatch.setattr(session, "Run", Looked)
    monkeypatch.setattr(start, "load_trained", load)
    data = str(archive(tmp_path / "private.npz", ["Ada", "Eve"]))
    flags = {"data": data, "preset": "faces32", "cache": False}

    def begin(name, **more):
        loft_jax.train(**flags, out=str(tmp_path / name), **more)
        return RunFolder.open(tmp_path / name).config()

    return begin


def test_public_people_are_who_they_are_and_not_where_they_lie(begun, tmp_path):
    own, moved, others = (
        str(archive(tmp_path / name, ["Yan", "Zoe"], seed=seed))
        for name, seed in (("own.npz", 1), ("moved.npz", 1), ("others.npz", 2))
    )
    config = begun("run", pretrain=own, rank="none")
    assert content(config) == content(begun("again", pretrain=moved, rank="none"))
    assert content(config) != content(begun("other", pretrain=others, rank="none"))
    silent = {"defense": "rounded:0.5", "start_from": str(tmp_path / "run")}
    begun("rounded", pretrain=moved, **silent)
    with pytest.raises(InputError, match="with all other settings the same"):
        begun("refused", pretrain=others, **silent)


def test_a_run_goes_on_with_the_people_that_it_was_asked_to_begin_with(begun, tmp_path):
    place = archive(tmp_path / "public.npz", ["Yan", "Zoe"], seed=1)
    begun("run", pretrain=str(place))
    run = str(tmp_path / "run")
    loft_jax.train(resume=run, pretrain=str(place), cache=False)
    archive(place, ["Yan", "Zoe"], seed=2)
    with pytest.raises(InputError, match="`--pretrain` must hold the people that the run was"):
        loft_jax.train(resume=run, cache=False)


@pytest.mark.slow
def test_runs_of_two_seeds_share_the_trunk_and_only_the_trunk(tmp_path, monkeypatch):
    import platformdirs

    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache")
    private = archive(tmp_path / "private.npz", ["Ada", "Eve", "Ida"], 8)
    public = archive(tmp_path / "public.npz", ["Yan", "Zoe", "Uma"], 8, seed=1)
    flags = {"data": str(private), "epochs": 1, "batch": 8, "cache": False, "preset": "faces32"}
    for seed in (0, 1):
        loft_jax.train(
            **flags, pretrain=str(public), data_seed=0, seed=seed, out=str(tmp_path / f"run{seed}")
        )
        made = [p for p in (tmp_path / "cache" / "pretrained").iterdir() if p.is_dir()]
        assert len(made) == 1
        assert (made[0] / "result.json").is_file()
