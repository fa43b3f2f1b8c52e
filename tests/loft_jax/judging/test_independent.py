"""The independent judge: who it is, that it saw nobody private, and what it says of an attack."""

import dataclasses
import io
import signal
import sys
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from loft_jax.data.dataset import Dataset
from loft_jax.data.public import picture_hashes
from loft_jax.data.sources import SOURCES, Source
from loft_jax.data.split import Split
from loft_jax.errors import DivergenceError, InputError
from loft_jax.judging.independent import cache, drawn, faces, ready, training
from loft_jax.judging.independent.closing import own_row
from loft_jax.judging.independent.curve import verification_curve
from loft_jax.judging.independent.judgement import judgement
from loft_jax.judging.independent.people import check_independent, people_of
from loft_jax.judging.independent.ready import independent_for
from loft_jax.judging.independent.row import Recogniser, Row, Wanted
from loft_jax.judging.independent.table import RECOGNISERS, chosen
from loft_jax.judging.private import PrivateData
from loft_jax.runs.interrupt import Stopped

TINY = training.Recipe(people=64, pictures=4, strangers=30, steps=40, batch=32, width=8)


def quiet():
    return Console(file=io.StringIO(), markup=False, soft_wrap=True)


def said(out):
    return out.file.getvalue()


def embed(images):
    """Pixels as vectors: who is on these pictures is their hue."""
    return images.reshape(len(images), -1).astype(float)


def coloured(hues, size=8):
    images = np.zeros((len(hues), size, size, 3), np.uint8)
    images[..., 0], images[..., 1] = [
        np.round(128 + 127 * part)[:, None, None] for part in (np.cos(hues), np.sin(hues))
    ]
    return images


@pytest.fixture
def private():
    """Four people, six pictures each, of which the last two are held out."""
    hues = np.repeat(np.arange(4) * np.pi / 2, 6) + np.tile(0.01 * np.arange(6), 4)
    labels = np.repeat(np.arange(4, dtype=np.int32), 6)
    data = Dataset("x", coloured(hues), labels, tuple("abcd"), source="npz")
    place = np.tile(np.arange(6), 4)
    split = Split(np.flatnonzero(place < 4), np.arange(0), np.flatnonzero(place >= 4))
    return PrivateData("x.npz", data, split)


@pytest.fixture
def judge():
    """Tells hues apart; its own strangers are 40 people round the circle, four pictures each."""
    hues = (np.arange(40) * 2 * np.pi / 40)[:, None] + 0.01 * np.arange(4)
    strangers = embed(coloured(hues.ravel())).reshape(40, 4, -1)
    return Recogniser("hues", embed, strangers)


def test_reconstructions_count_where_they_are_nearer_than_strangers_and_than_anybody(
    private, judge
):
    # Of class 2 one copy and one picture of somebody between 0 and 1; of class 0 another person.
    found = {
        "labels": np.array([2, 0]),
        "images": np.stack([coloured(np.array([3.2, np.pi / 4])), coloured(np.array([1.55, 1.6]))]),
        "lookalikes": np.stack([coloured(np.array([3.1, 3.2])), coloured(np.array([0, 0.1]))]),
    }
    judged = judgement("hues", judge, found, private)
    told = judged.outcomes
    np.testing.assert_array_equal(told["independent_retrieval_at_1"], [0.5, 0])
    np.testing.assert_array_equal(told["independent_verification"], [0.5, 0])
    for kind in ("real", "lookalike"):
        np.testing.assert_array_equal(told[f"independent_{kind}_retrieval_at_1"], [1, 1])
        np.testing.assert_array_equal(told[f"independent_{kind}_verification"], [1, 1])
    record = judged.record
    # 40 people, two pictures beside their own and 39 other prototypes.
    assert record["strangers"] == 40 * 2 * 39
    assert record["gallery"] == 2
    assert record["people"] == 40
    assert own_row(record)[:2] == ("independent judge", "1.0000")
    above = judged.scores["strangers"] > record["threshold"]
    assert np.sum(above) <= 3.12  # 0.1 % of them
    assert record["verification_missing"] is None
    with Image.open(io.BytesIO(verification_curve(judged.scores))) as picture:
        assert picture.width > 400


def test_with_too_few_strangers_it_retrieves_and_says_why_it_does_not_verify(private):
    found = {"labels": np.array([2]), "images": coloured(np.array([np.pi, np.pi]))[None]}
    judged = judgement("hues", Recogniser("hues", embed), found, private)
    assert set(judged.outcomes) == {
        "independent_retrieval_at_1", "independent_real_retrieval_at_1",
    }  # fmt: skip
    # Each of four people is a stranger to three: four training pictures of each beside them.
    assert judged.record["verification_missing"] == "48 comparisons of strangers, 0.1% need 1000"
    assert judged.record["measured_on"] == "16 pictures of the private people"
    assert judged.record["people"] == 4
    assert judged.record["threshold"] is None
    assert own_row(judged.record)[2].startswith("48 comparisons of strangers")
    assert judged.record["equal_error_rate"] == 0
    assert verification_curve(judged.scores)


def test_prototypes_are_held_out_pictures_and_the_control_is_of_training_pictures(private):
    people = people_of(private, np.array([3, 1]), alone=False)
    assert len(people.galleries) == 4
    assert len(people.probes) == 2
    np.testing.assert_array_equal(people.galleries[0], private.data.images[[22, 23]])
    np.testing.assert_array_equal(people.probes[1], private.data.images[[6, 7, 8, 9]])
    np.testing.assert_array_equal(people.galleries[2], private.data.images[[4, 5]])
    every, nobody = np.arange(24), np.arange(0)
    without = PrivateData("x.npz", private.data, Split(every, nobody, nobody))
    halves = people_of(without, np.array([1]), alone=True)
    np.testing.assert_array_equal(halves.galleries[0], private.data.images[[6, 7, 8]])
    np.testing.assert_array_equal(halves.probes[0], private.data.images[[9, 10, 11]])
    assert len(halves.probes) == 4


def test_a_judge_that_has_seen_a_private_picture_is_refused(private):
    seen = picture_hashes(private.data.images[[0, 3]])
    assert len(set(picture_hashes(private.data.images))) == 24
    with pytest.raises(InputError, match=r"that never saw the private pictures, .* knows 2 of 24"):
        check_independent(Recogniser("these", embed, seen=seen, size=8), private)
    check_independent(Recogniser("others", embed, seen=seen + np.uint64(1), size=8), private)


class PatternLaw:
    """People are patterns of 2 x 2 patches, to which every picture adds noise."""

    asked: ClassVar[list] = []

    def __init__(self, size, channels, seed, population):
        self.asked.append((size, seed, population))
        self.size, self.channels = size, channels
        self.rng = np.random.default_rng((seed, population == "public"))

    def pictures(self, people, each, progress=None):
        kinds = np.repeat(self.rng.normal(size=(people, 2, 2, 1)), each, axis=0)
        large = np.kron(kinds, np.ones((1, self.size // 2, self.size // 2, self.channels)))
        noisy = 128 + 40 * large + 20 * self.rng.normal(size=large.shape)
        labels = np.repeat(np.arange(people, dtype=np.int32), each)
        return np.clip(noisy, 0, 255).astype(np.uint8), labels


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """(what it wants, the judge of patterns, where it is kept, what was said)."""
    wanted = Wanted("patterns", Source(law=PatternLaw, noun="patterns"), 16, 1)
    folder, out = tmp_path_factory.mktemp("cache"), quiet()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn, "SIDE", 8)
        patch.setattr(cache.platformdirs, "user_cache_path", lambda _: folder)
        return wanted, drawn.recogniser(wanted, out, TINY), folder, out


def test_its_people_are_public_ones_of_worlds_that_nobody_attacks(trained_once):
    _, judge, _, _ = trained_once
    assert PatternLaw.asked[:2] == [(8, drawn.TAUGHT, "public"), (16, drawn.NEW, "public")]
    for population, seen in (("public", True), ("private", False)):
        pictures, _ = PatternLaw(8, 1, drawn.TAUGHT, population).pictures(64, 4)
        assert np.all(np.isin(picture_hashes(pictures), judge.seen) == seen)
    assert len(judge.seen) == 64 * 4 + 30 * drawn.EACH
    assert judge.trained_on == "64 other patterns of the same law, drawn"


def test_training_brings_people_together_whom_it_never_saw(trained_once):
    _, judge, _, _ = trained_once
    units = judge.strangers / np.linalg.norm(judge.strangers, axis=2, keepdims=True)
    similar = np.einsum("pmd,qnd->pqmn", units, units)
    own = np.concatenate([similar[p, p][~np.eye(drawn.EACH, dtype=bool)] for p in range(30)])
    others = np.concatenate([similar[p, q].ravel() for p in range(30) for q in range(p)])
    # Chance is 0.5; four numbers with noise cannot be told apart without fail.
    assert np.mean(own[::3, None] > others[::7]) > 0.95


def test_larger_pictures_are_brought_to_the_side_it_learned(trained_once):
    _, judge, _, _ = trained_once
    large, _ = PatternLaw(16, 1, drawn.NEW, "public").pictures(30, drawn.EACH)
    expected = judge.strangers.reshape(len(large), -1)
    np.testing.assert_allclose(judge.embed(large), expected, rtol=1e-3, atol=1e-4)


def test_it_is_trained_once_and_again_after_damage(trained_once, monkeypatch):
    wanted, first, folder, out = trained_once
    monkeypatch.setattr(drawn, "SIDE", 8)
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda _: folder)
    monkeypatch.setattr(drawn, "trained", None)
    again = drawn.recogniser(wanted, out, TINY)
    assert said(out).count("training the independent judge, once") == 1
    assert again.seconds == first.seconds > 0
    pictures, _ = PatternLaw(16, 1, 0, "public").pictures(3, 1)
    np.testing.assert_array_equal(first.embed(pictures), again.embed(pictures))
    (file,) = folder.glob("recognisers/*.npz")
    file.write_bytes(file.read_bytes()[:-20])
    for recipe in (TINY, dataclasses.replace(TINY, steps=4)):
        with pytest.raises(TypeError):  # it trains, which is switched off here
            drawn.recogniser(wanted, out, recipe)


def test_a_training_that_ends_as_no_number_is_no_judge(monkeypatch):
    monkeypatch.setattr(training, "_update", lambda *_: lambda state, batch: (state, np.nan))
    with pytest.raises(DivergenceError, match="must end with a finite loss, got nan"):
        training.trained(np.zeros((4, 2, 8, 8, 1), np.uint8), training.Recipe(steps=2, batch=4))


def test_a_training_stops_where_it_is_told_to_and_nothing_is_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda _: tmp_path)
    monkeypatch.setattr(training, "_update", lambda *_: lambda state, batch: (state, 0.0))
    calls = iter([None, None, Stopped(signal.SIGINT, "the same command")])

    def heed():
        if (stop := next(calls)) is not None:
            raise stop

    wanted = Wanted("patterns", Source(law=PatternLaw, noun="patterns"), 8, 1, heed)
    with pytest.raises(Stopped, match="SIGINT: stopped"):
        drawn.recogniser(wanted, quiet(), TINY)
    assert next(calls, "none left") == "none left"
    assert not list(tmp_path.rglob("*.npz"))


def test_a_cache_that_cannot_be_written_costs_only_a_word(monkeypatch, tmp_path):
    (tmp_path / "loft_jax").touch()
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda name: tmp_path / name)
    out = quiet()
    made = cache.kept("recognisers", "x", out, lambda: {"a": np.ones(2)})
    assert made["a"].sum() == 2
    assert "recognisers/x.npz could not be kept" in said(out)


def test_pairs_are_two_different_pictures_of_each_of_many_people():
    recipe = training.Recipe(batch=16)
    who, which = training.pairs(20, 3, recipe, 5)
    assert len(set(who)) == len(who) == 16
    assert np.all(which[0] != which[1])
    assert {*which.ravel()} == {0, 1, 2}
    again, _ = training.pairs(20, 3, recipe, 5)
    np.testing.assert_array_equal(who, again)
    assert not np.array_equal(who, training.pairs(20, 3, recipe, 6)[0])


def test_one_rule_says_who_judges_what(monkeypatch):
    monkeypatch.setattr(faces, "find_spec", lambda name: None)
    assert chosen("auto", "faces").name == "drawn"
    assert chosen("none", "faces") == (None, "not asked for")
    assert chosen("auto", "digits") == (None, "none is there for pictures of the kind digits")
    assert chosen("auto", "arrays").name is None
    lacking = "photographs need the extra faces: pip install 'loft-iie[faces]'"
    assert chosen("auto", "folder") == (None, lacking)
    for asked, source, message in (
        ("faces", "folder", "`--independent` must be a judge that is installed, got faces: "
                            + lacking),
        ("faces", "faces", "`--independent` must be auto, none, drawn for pictures of the kind "
                           "faces, got faces"),
        ("drawn", "digits", "`--independent` must be auto, none for pictures of the kind digits, "
                            "got drawn"),
        ("mine", "faces", "`--independent` must be one of drawn, faces, got mine"),
    ):  # fmt: skip
        with pytest.raises(InputError) as error:
            chosen(asked, source)
        assert str(error.value) == message
    monkeypatch.setattr(faces, "find_spec", lambda name: object())
    assert chosen("auto", "npz").name == "faces"


def test_a_new_recogniser_is_a_row(private, judge, monkeypatch):
    monkeypatch.setitem(
        RECOGNISERS, "hues", Row("hues", lambda source: source.noun == "hues", lambda *_: judge)
    )
    monkeypatch.setitem(SOURCES._rows, "npz", Source(load=lambda _: private.data, noun="hues"))
    found = {"labels": np.array([1]), "images": coloured(np.array([np.pi / 2]))[None]}
    made = independent_for("auto", private, quiet())
    assert made.judged(found, private).record["name"] == "hues"
    nobody = independent_for("none", private, quiet()).judged(found, private)
    assert own_row(nobody.record) == ("independent judge", "none", "not asked for")
    assert nobody == ({"name": None, "missing": "not asked for"}, {}, {})
    assert ready.RECOGNISERS is RECOGNISERS


def test_faces_are_shown_to_the_network_in_colour_at_its_own_size(monkeypatch):
    shown = []

    class Network:
        def compute_face_descriptor(self, chips):
            shown.extend(chips)
            return [np.full(128, chip.mean()) for chip in chips]

    monkeypatch.setattr(faces, "_network", Network)
    grays = np.arange(70, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 1), np.uint8)
    found = faces.embedded(grays)
    assert {chip.shape for chip in shown} == {(150, 150, 3)}
    np.testing.assert_allclose(found[:, 0], np.arange(70))


def test_the_face_recogniser_knows_photographs_it_never_saw(real_data):
    if faces.FACES.needs():
        pytest.skip("the extra faces is not installed")
    with np.load(real_data / "orl40.npz", allow_pickle=False) as stored:
        few = stored["labels"] < 20
        images, labels = stored["images"][few][..., None], stored["labels"][few]
    vectors = faces.embedded(images)
    vectors -= vectors.mean(axis=0)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similar = units @ units.T
    np.fill_diagonal(similar, -1)
    assert np.mean(labels[similar.argmax(axis=1)] == labels) >= 0.95
    assert "dlib" in sys.modules
