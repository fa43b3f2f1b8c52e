"""What judges say: clouds are missing rather than 0, Inception is named, people are fitted."""

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from rich.console import Console

from loft_jax.data.dataset import Dataset
from loft_jax.data.faces import FaceLaw
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.settings import TrainConfig
from loft_jax.judging import evaluators, identity, inception
from loft_jax.judging.clouds import clouds
from loft_jax.judging.evaluators import default_judges
from loft_jax.judging.intervals import PROMISED, pooled_numbers, with_interval
from loft_jax.judging.private import Private
from loft_jax.metrics.identity_fit import Fit


def test_too_few_pictures_have_no_fid_and_say_why():
    rng = np.random.default_rng(0)
    numbers = clouds(rng.normal(size=(50, 8)), rng.normal(size=(8, 8)))
    assert numbers["fid"] is None
    assert numbers["fid_missing"] == (
        "8 reconstructions, 8 features need 9: more --classes or --per-class"
    )
    few = clouds(rng.normal(size=(8, 8)), rng.normal(size=(50, 8)))
    assert few["fid_missing"] == "8 private pictures, 8 features need 9: more --classes"
    assert 0 <= numbers["precision"] <= 1


def test_fid_of_shifted_clouds_is_the_squared_shift():
    # Equal covariances: only the means differ.
    rng = np.random.default_rng(1)
    cloud = rng.normal(size=(200, 3))
    numbers = clouds(cloud, cloud + np.array([2.0, 0.0, 1.0]))
    assert numbers["fid"] == pytest.approx(5.0)
    assert numbers["fid_missing"] is None


def test_means_are_over_classes_first():
    numbers = with_interval("accuracy_at_1", np.array([[True, True], [False, True]]))
    assert numbers["accuracy_at_1"] == 0.75
    assert numbers["accuracy_at_1_low"] <= 0.75 <= numbers["accuracy_at_1_high"]


@pytest.fixture
def private():
    """Three classes, four pictures each, of which two are held out."""
    images = np.random.default_rng(2).integers(0, 256, (12, 4, 4, 1), np.uint8)
    data = Dataset("x", images, np.repeat(np.arange(3, dtype=np.int32), 4), ("a", "b", "c"))
    parts = [np.arange(4 * k, 4 * k + 4) for k in range(3)]
    return Private(data, np.arange(3), [part[:2] for part in parts], [part[2:] for part in parts])


def test_inception_is_told_apart_by_its_weights(private, tmp_path, monkeypatch):
    path = tmp_path / "weights.npz"
    path.write_bytes(b"weights")
    monkeypatch.setattr(inception, "load_inception", lambda path: None)
    monkeypatch.setattr(
        inception, "features", lambda _, images, __: images.reshape(len(images), -1)[:, :2] / 255.0
    )
    images = np.stack(private.pictures)
    found = inception.inception_clouds(str(path), images, private)["inception"]
    assert found["fid"] == pytest.approx(0, abs=1e-12)  # the private pictures themselves
    assert found["weights_sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert found["precision"] == found["recall"] == 1


def test_every_promised_number_is_there_and_null_where_nobody_measured_it():
    hits, control = np.array([1.0, 0.5, 1.0, 0.0]), np.array([0.5, 0.0, 0.5, 0.0])
    numbers = pooled_numbers({"accuracy_at_1": hits, "lookalike_accuracy_at_1": control})
    for name in PROMISED:
        there = name in ("accuracy_at_1", "lookalike_accuracy_at_1")
        for end in ("", "_low", "_high"):
            assert (numbers[f"{name}{end}"] is not None) == there
    # Paired: three of the four classes gain a half, 3 / 8 -+ 3.18 / 8 by Student's t and
    # a little more for the one that does not.
    assert numbers["accuracy_over_lookalikes"] == pytest.approx(3 / 8)
    ends = numbers["accuracy_over_lookalikes_low"], numbers["accuracy_over_lookalikes_high"]
    assert -0.2 < ends[0] <= (3 - 3.18) / 8
    assert (3 + 3.18) / 8 <= ends[1] < 1
    assert "accuracy_over_lookalikes" not in pooled_numbers({"accuracy_at_1": hits})


def test_the_laws_own_latents_are_ranked_among_all_private_people():
    law = FaceLaw(16, 1, 5)
    everybody = np.asarray(law.latents(np.arange(20), np.zeros(20, int)))
    labels = np.array([7, 3])
    images = np.zeros((2, 1, 16, 16, 1), np.uint8)
    # Of the first class the person at half length, of the second somebody else.
    latents = np.stack([0.5 * everybody[7], everybody[8]])[:, None]
    found = {"images": images, "lookalikes": images, "labels": labels,
             "latents": latents, "lookalike_latents": latents[::-1]}  # fmt: skip
    facts, outcomes = identity.identity_numbers(law, found, 20, of_law=True)
    np.testing.assert_array_equal(outcomes["retrieval_at_1"], [1, 0])
    np.testing.assert_array_equal(outcomes["lookalike_retrieval_at_1"], [0, 0])
    assert outcomes["identity_correlation"][0] == pytest.approx(1)
    # By hand: mean square of t is not quite 1 for one person.
    size = np.sqrt(np.mean(everybody[7, :96] ** 2))
    assert outcomes["identity_error"][0] == pytest.approx(size / 2)
    true, other = everybody[3, :24], everybody[8, :24]
    expected = true @ other / np.sqrt((true @ true) * (other @ other))
    assert outcomes["traits_correlation"][1] == pytest.approx(expected, rel=1e-5)
    assert (facts["retrieval_people"], len(facts["coordinate_correlation"])) == (20, 96)
    assert "real_retrieval_at_1" not in facts


def test_people_are_fitted_to_pictures_and_the_fit_is_judged_by_real_ones(monkeypatch):
    law, labels = FaceLaw(16, 1, 0), np.array([3, 1])
    people = np.asarray(law.latents(labels, np.zeros_like(labels)))
    strangers = np.asarray(law.latents(np.array([8, 9]), np.zeros_like(labels)))
    seen = []

    def fitted(pictures, key, *, starts, steps):
        seen.append(pictures)
        # Reconstructions are off by 1 in every coordinate, lookalikes are others, real pictures are
        # off by 0.5.
        return Fit(np.concatenate([people + 1, strangers, people + 0.5]), np.zeros(6, np.float32))

    monkeypatch.setattr(identity, "fitted_latents", fitted)
    images = np.random.default_rng(3).integers(0, 256, (2, 3, 16, 16, 1), np.uint8)
    found = {"images": images, "lookalikes": images[:, ::-1], "labels": labels,
             "latents": np.zeros((2, 3, 256), np.float32)}  # fmt: skip
    facts, outcomes = identity.identity_numbers(law, found, 10, of_law=False)
    np.testing.assert_allclose(outcomes["identity_error"], [1, 1], rtol=1e-5)
    np.testing.assert_array_equal(outcomes["lookalike_retrieval_at_1"], [0, 0])
    assert facts["identity_error_floor"] == pytest.approx(0.5)
    assert facts["real_retrieval_at_1"] == 1
    np.testing.assert_allclose(seen[0][:2], images[:, 0] / 255.0, rtol=1e-6)
    np.testing.assert_allclose(seen[0][2:4], images[:, 2] / 255.0, rtol=1e-6)
    np.testing.assert_allclose(
        seen[0][4:], law.decode(law.latents(labels, np.zeros_like(labels))), atol=1e-6
    )


def test_an_evaluator_without_its_settings_is_trained_again(tmp_path, monkeypatch):
    judge = default_judges(TrainConfig(), 32)[0]
    folder = tmp_path / f"{judge.model.trunk}-seed0"
    folder.mkdir()
    (folder / "result.json").write_text("{}")
    asked = []
    monkeypatch.setattr(evaluators, "train_classifier", asked.append)
    assert evaluators._trained_one(judge, tmp_path, Console(quiet=True)) == folder
    assert [one.run.out for one in asked] == [str(folder)]
    assert not folder.exists()


def test_of_two_attacks_at_once_the_second_waits_for_the_evaluator(tmp_path, monkeypatch):
    judge = default_judges(TrainConfig(), 32)[0]
    asked, together = [], threading.Barrier(2)

    def train(config):
        asked.append(config.run.out)
        time.sleep(0.3)
        made = RunFolder.create(config.run.out, "", config={})
        made.write("result.json", {})

    def attack(_):
        together.wait()
        return evaluators._trained_one(judge, tmp_path / "evaluators", Console(quiet=True))

    monkeypatch.setattr(evaluators, "train_classifier", train)
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(attack, range(2)))
    assert asked == [str(folders[0])] == [str(folders[1])]
