"""A run of a cut head: the trunk of its plain run to the bit, another head, new numbers."""

import json

import jax
import numpy as np
import pytest

import loft_jax
from loft_jax.data.sources import load_dataset
from loft_jax.errors import InputError
from loft_jax.fitting.trained import load_trained
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs.devices import data_mesh

pytestmark = pytest.mark.command  # each test trains or cuts whole runs

TINY = {"data": "digits", "size": 8, "epochs": 1, "cache": False}
WIDTH, CLASSES = 128, 10


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "plain"
    loft_jax.train(**TINY, rank="none", out=str(out))
    return out


@pytest.fixture(scope="module")
def averaged(tmp_path_factory):
    """With a moving average, input normalisation, and no validation pictures."""
    out = tmp_path_factory.mktemp("runs") / "averaged"
    flags = {"ema": 0.9, "input_norm": True, "validation_fraction": 0.0}
    loft_jax.train(**TINY, **flags, rank="none", out=str(out))
    return out


def cut(run, defense, out):
    """The cut of this finished run."""
    own = read(run, "config.json")
    flags = {"ema": own["optim"]["ema"], "input_norm": own["model"]["defense"]["input_norm"]}
    flags["validation_fraction"] = own["data"]["validation_fraction"]
    loft_jax.train(**TINY, **flags, defense=defense, start_from=str(run), out=str(out))
    return out


def read(run, name):
    return json.loads((run / name).read_text())


def loaded(run):
    return load_trained(str(run), data_mesh()).classifier


def answers(run, part):
    """(what the head's linear layer meets, logits, labels) of a part of the run's pictures."""
    data = load_dataset("digits", size=8, seed=0)
    chosen = read(run, "split.json")[part]
    classifier = loaded(run)
    images = jax.numpy.asarray(data.images[chosen], jax.numpy.float32) / 255
    outputs = jax.jit(FrozenClassifier.outputs)(classifier, images)
    met = np.asarray(outputs.features, np.float64)
    if (norm := classifier.head.norm) is not None:
        mean, var = (np.asarray(array[...], np.float64) for array in (norm.mean, norm.var))
        scale, shift = (np.asarray(array[...], np.float64) for array in (norm.scale, norm.bias))
        met = (met - mean) / np.sqrt(var + norm.epsilon) * scale + shift
    return met, np.asarray(outputs.logits), data.labels[chosen]


def weight(run):
    return np.asarray(loaded(run).head.weight, np.float64)


@pytest.mark.parametrize(("method", "full"), [("svd", CLASSES), ("covariance", WIDTH)])
def test_at_full_rank_the_run_measures_what_the_plain_one_does(plain, tmp_path, method, full):
    out = cut(plain, f"{method}:{full}", tmp_path / "full")
    before, after = read(plain, "result.json"), read(out, "result.json")
    for key in ("test_accuracy", "validation_accuracy", "pictures", "head_weight_rank"):
        assert after[key] == before[key]
    assert after["loss"] == pytest.approx(before["loss"], rel=1e-5)
    assert after["retention"] == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(answers(out, "test")[1], answers(plain, "test")[1], atol=1e-4)


@pytest.mark.parametrize("method", ["svd", "covariance"])
@pytest.mark.parametrize("run", ["plain", "averaged"])
def test_the_result_is_what_the_loaded_classifier_answers(run, method, tmp_path, request):
    run = request.getfixturevalue(run)
    out = cut(run, f"{method}:3", tmp_path / "three")
    result = read(out, "result.json")
    _, logits, labels = answers(out, "test")
    assert result["test_accuracy"] == np.mean(logits.argmax(axis=1) == labels)
    assert result["head_weight_rank"] == 3
    if len(read(run, "split.json")["validation"]):
        _, logits, labels = answers(out, "validation")
        assert result["validation_accuracy"] == np.mean(logits.argmax(axis=1) == labels)
    else:
        assert result["validation_accuracy"] is None


def test_svd_leaves_the_tail_of_the_singular_values_between_the_two_weights(plain, tmp_path):
    out = cut(plain, "svd:4", tmp_path / "four")
    W = weight(plain)
    eigenvalues = np.linalg.eigvalsh(W @ W.T)
    left = np.sum((W - weight(out)) ** 2)
    assert left == pytest.approx(eigenvalues[:-4].sum(), rel=1e-5)
    expected = eigenvalues[-4:].sum() / eigenvalues.sum()
    assert read(out, "result.json")["retention"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("run", ["plain", "averaged"])
def test_covariance_keeps_the_mean_logits_and_the_variance_of_the_training_features(
    run, tmp_path, request
):
    run = request.getfixturevalue(run)
    out = cut(run, "covariance:5", tmp_path / "five")
    met, before, _ = answers(run, "train")
    _, after, _ = answers(out, "train")
    np.testing.assert_allclose(after.mean(axis=0), before.mean(axis=0), atol=1e-5)
    eigenvalues = np.linalg.eigvalsh(np.cov(met, rowvar=False))
    expected = eigenvalues[-5:].sum() / eigenvalues.sum()
    assert read(out, "result.json")["retention"] == pytest.approx(expected, rel=1e-5)


def test_all_but_the_head_stays_to_the_bit(plain, tmp_path):
    before, after = loaded(plain), loaded(cut(plain, "covariance:3", tmp_path / "three"))
    jax.tree.map(np.testing.assert_array_equal, before.stats, after.stats)
    jax.tree.map(np.testing.assert_array_equal, before.params["trunk"], after.params["trunk"])
    assert not np.array_equal(before.head.weight, after.head.weight)


def test_without_a_run_to_start_from_the_plain_one_is_trained_inside(plain, tmp_path):
    out = tmp_path / "cut"
    loft_jax.train(**TINY, defense="svd:3", out=str(out))
    np.testing.assert_array_equal(weight(out / "start"), weight(plain))
    (out / "result.json").unlink()
    before = weight(out)
    loft_jax.train(resume=str(out), cache=False)
    np.testing.assert_array_equal(weight(out), before)


@pytest.mark.parametrize(("method", "most"), [("svd", CLASSES), ("covariance", WIDTH)])
def test_a_rank_out_of_range_is_refused_and_nothing_is_written(plain, tmp_path, method, most):
    with pytest.raises(InputError, match=f"must be between 1 and {most}, .* got {most + 1}"):
        cut(plain, f"{method}:{most + 1}", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_run_with_other_settings_is_refused(plain, averaged, tmp_path):
    said = "`--start-from` must be the run that SVD cut rank 3 changes, plain head with"
    with pytest.raises(InputError, match=said):
        loft_jax.train(**TINY, defense="svd:3", start_from=str(averaged), out=str(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []
