"""TL-DMI: what is frozen, in what order, and whose faces the trunk learns first."""

import numpy as np
import platformdirs
import pytest
from four_layers import add_trunk, configuration, leaves, updated

import loft_jax
from loft_jax.defenses.table import defense_named
from loft_jax.defenses.transfer import Transfer
from loft_jax.errors import InputError
from loft_jax.fitting.public_people import PublicPeople
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.trained import load_trained
from loft_jax.runs import schema
from loft_jax.runs.devices import data_mesh


@pytest.fixture(autouse=True, scope="module")
def _trunk():
    with pytest.MonkeyPatch.context() as patch:
        add_trunk(patch)
        yield


def of_layer(name):
    """Number of the layer in a path such as trunk.norms.2.mean; the head is behind all."""
    return int(name.split(".")[2]) if name.startswith("trunk") else 99


@pytest.mark.parametrize(("share", "frozen"), [(0.0, 0), (0.74, 2), (1.0, 4)])
def test_the_front_share_keeps_its_bits_and_the_rest_moves(share, frozen):
    config = configuration(Transfer(share), weight_decay=0.1, ema=0.5)
    _, before, after, _ = updated(config, updates=3)
    old, new = leaves(before.params, before.stats), leaves(after.params, after.stats)
    average = leaves(after.ema)
    assert len(old) == 4 * (2 + 4) + 2
    for name in old:
        stays = of_layer(name) < frozen
        assert np.array_equal(old[name], new[name]) == stays, name
        if name in average:
            assert np.array_equal(old[name], average[name]) == stays, name


ORDER = (
    ("trunk", "last", "bias"), ("trunk", "last", "kernel"),  # called first, whatever its name
    ("trunk", "norm", "mean"), ("trunk", "norm", "var"),
    ("trunk", "first", "bias"), ("trunk", "first", "kernel"),
    ("head", "kernel"),
)  # fmt: skip


def test_the_front_is_what_is_called_first_whatever_it_is_called():
    learns = {path: Transfer(0.5).trainable(path, ORDER) for path in ORDER}
    assert learns == dict(zip(ORDER, [False] * 4 + [True] * 3, strict=True))


def test_a_share_of_one_leaves_the_head():
    assert [Transfer(1.0).trainable(path, ORDER) for path in ORDER] == [False] * 6 + [True]


def test_what_is_never_called_learns():
    assert Transfer(1.0).trainable(("trunk", "spare", "kernel"), ORDER)


def test_the_name_of_the_flag():
    made = defense_named("tl:0.25")
    assert made == Transfer(0.25)
    assert defense_named(made.spec) == made


def asked(data, **more):
    return TrainConfig(
        **more, model=configuration(Transfer()).model, data=schema.read(type(TrainConfig().data),
        {**schema.write(TrainConfig().data), "data": data}, "test"),
    )  # fmt: skip


def test_drawn_people_have_drawn_strangers_and_others_need_names():
    assert asked("faces").public == "faces"
    assert asked("faces", pretrain=PublicPeople("else.npz")).public == "else.npz"
    assert TrainConfig().public is None
    with pytest.raises(InputError, match="`--pretrain` must name public people for TL-DMI, whose"):
        asked("digits").check()
    asked("digits", pretrain=PublicPeople("else.npz")).check()
    with pytest.raises(InputError, match="`--start-from` must be left out for TL-DMI, whose trunk"):
        asked("faces", start_from="run").check()


@pytest.mark.command
def test_a_run_begins_with_the_trunk_of_strangers_and_keeps_its_front(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache")
    run = loft_jax.train(
        data="faces", size=8, identities=4, pictures=8, epochs=1, batch=8, trunk="four",
        defense="tl:0.5", out=str(tmp_path / "run"), cache=False,
    )  # fmt: skip
    strangers = [p for p in (tmp_path / "cache" / "pretrained").iterdir() if p.is_dir()]
    assert len(strangers) == 1
    own, public = (load_trained(str(path), data_mesh()) for path in (run.folder, strangers[0]))
    assert own.folder.fingerprint() != public.folder.fingerprint()
    new, old = (leaves(one.classifier.params, one.classifier.stats) for one in (own, public))
    for name in old:
        assert np.array_equal(old[name], new[name]) == (of_layer(name) < 2), name
