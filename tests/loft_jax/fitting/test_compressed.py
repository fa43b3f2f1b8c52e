"""A compressed run is a run folder: the trunk to the bit, another head, numbers measured anew."""

import json
import subprocess
import sys

import jax
import numpy as np
import pytest

from loft_jax.data.sources import load_dataset
from loft_jax.errors import InputError, SaveError
from loft_jax.fitting.checkpoint import Checkpoints
from loft_jax.fitting.compressed import compress_run
from loft_jax.fitting.trained import load_trained
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs.devices import data_mesh

TINY = ["--data", "digits", "--size", "8", "--epochs", "1", "--rank", "none"]
WIDTH, CLASSES = 128, 10


def trained(out, *flags, environment):
    command = [sys.executable, "-m", "loft_jax.train", *TINY, *flags, "--out", str(out)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def plain(tmp_path_factory, command_environment):
    return trained(tmp_path_factory.mktemp("runs") / "plain", environment=command_environment)


@pytest.fixture(scope="module")
def averaged(tmp_path_factory, command_environment):
    """With a moving average, input normalisation, and no validation pictures."""
    flags = ["--ema", "0.9", "--input-norm", "--validation-fraction", "0"]
    out = tmp_path_factory.mktemp("runs") / "averaged"
    return trained(out, *flags, environment=command_environment)


def compress(run, method, rank, out):
    return compress_run(str(run), method, rank, out, data_mesh())


def read(run, name):
    return json.loads((run / name).read_text())


def stored(run, which):
    """Arrays of a checkpoint by path, read by another route than the run's."""
    import orbax.checkpoint as ocp

    (state,) = (run / "checkpoint").glob("*/state")
    tree = ocp.PyTreeCheckpointer().restore(state.absolute())[which]
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def answers(run, part):
    """(what the head's linear layer meets, logits, labels) of a part of the run's pictures."""
    data = load_dataset("digits", size=8, seed=0)
    chosen = read(run, "split.json")[part]
    classifier = load_trained(str(run), data_mesh()).classifier
    images = jax.numpy.asarray(data.images[chosen], jax.numpy.float32) / 255
    outputs = jax.jit(FrozenClassifier.outputs)(classifier, images)
    met = np.asarray(outputs.features, np.float64)
    if (norm := classifier.head.norm) is not None:
        mean, var = (np.asarray(array[...], np.float64) for array in (norm.mean, norm.var))
        scale, shift = (np.asarray(array[...], np.float64) for array in (norm.scale, norm.bias))
        met = (met - mean) / np.sqrt(var + norm.epsilon) * scale + shift
    return met, np.asarray(outputs.logits), data.labels[chosen]


def weight(run):
    return np.asarray(load_trained(str(run), data_mesh()).classifier.head.weight, np.float64)


def accuracy(logits, labels):
    return np.mean(logits.argmax(axis=1) == labels)


@pytest.mark.parametrize(("method", "full"), [("svd", CLASSES), ("covariance", WIDTH)])
def test_at_full_rank_the_run_measures_what_the_original_does(plain, tmp_path, method, full):
    out = compress(plain, method, full, tmp_path / "full")
    before, after = read(plain, "result.json"), read(out, "result.json")
    assert set(after) == set(before)
    for key in ("test_accuracy", "validation_accuracy", "pictures", "head_weight_rank"):
        assert after[key] == before[key]
    assert after["loss"] == pytest.approx(before["loss"], rel=1e-5)
    assert read(out, "compression.json")["retention"] == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(answers(out, "test")[1], answers(plain, "test")[1], atol=1e-4)


@pytest.mark.parametrize("method", ["svd", "covariance"])
@pytest.mark.parametrize("run", ["plain", "averaged"])
def test_the_result_is_what_the_loaded_classifier_answers(run, method, tmp_path, request):
    run = request.getfixturevalue(run)
    out = compress(run, method, 3, tmp_path / "three")
    result = read(out, "result.json")
    _, logits, labels = answers(out, "test")
    assert result["test_accuracy"] == accuracy(logits, labels)
    assert result["head_weight_rank"] == 3
    if len(read(run, "split.json")["validation"]):
        _, logits, labels = answers(out, "validation")
        assert result["validation_accuracy"] == accuracy(logits, labels)
    else:
        assert result["validation_accuracy"] is None


def test_svd_leaves_the_tail_of_the_singular_values_between_the_two_weights(plain, tmp_path):
    out = compress(plain, "svd", 4, tmp_path / "four")
    W = weight(plain)
    eigenvalues = np.linalg.eigvalsh(W @ W.T)
    left = np.sum((W - weight(out)) ** 2)
    assert left == pytest.approx(eigenvalues[:-4].sum(), rel=1e-5)
    expected = eigenvalues[-4:].sum() / eigenvalues.sum()
    assert read(out, "compression.json")["retention"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("run", ["plain", "averaged"])
def test_covariance_keeps_the_mean_logits_and_the_variance_of_the_training_features(
    run, tmp_path, request
):
    run = request.getfixturevalue(run)
    out = compress(run, "covariance", 5, tmp_path / "five")
    met, before, _ = answers(run, "train")
    _, after, _ = answers(out, "train")
    np.testing.assert_allclose(after.mean(axis=0), before.mean(axis=0), atol=1e-5)
    eigenvalues = np.linalg.eigvalsh(np.cov(met, rowvar=False))
    expected = eigenvalues[-5:].sum() / eigenvalues.sum()
    assert read(out, "compression.json")["retention"] == pytest.approx(expected, rel=1e-5)


def test_the_folder_holds_what_later_commands_read(plain, tmp_path):
    out = compress(plain, "svd", 3, tmp_path / "deep" / "three")
    assert out == tmp_path / "deep" / "three"
    assert {path.name for path in out.iterdir()} == {
        "config.json", "split.json", "environment.json", "checkpoint", "result.json",
        "metrics.jsonl", "compression.json",
    }  # fmt: skip
    assert [path.name for path in out.parent.iterdir()] == ["three"]
    for name in ("config.json", "split.json", "metrics.jsonl"):
        assert (out / name).read_bytes() == (plain / name).read_bytes()
    story = read(out, "compression.json")
    assert story.pop("retention") < 1
    assert story == {"of": str(plain), "method": "svd", "rank": 3}
    loaded, original = (load_trained(str(run), data_mesh()) for run in (out, plain))
    assert (loaded.step, loaded.config) == (original.step, original.config)


def test_evaluate_repeats_the_numbers_of_a_compressed_run(plain, tmp_path, command_environment):
    out = compress(plain, "covariance", 3, tmp_path / "three")
    command = [sys.executable, "-m", "loft_jax.evaluate", str(out)]
    subprocess.run(command, env=command_environment, check=True, capture_output=True)
    evaluation = read(out, "evaluation.json")
    assert evaluation["accuracy"] == read(out, "result.json")["test_accuracy"]
    assert evaluation["head_weight_rank"] == 3
    assert evaluation["head_leakage"]["rank"] == 3  # rounding of the weights is no signal


def test_a_compressed_run_is_not_trained_further(plain, tmp_path, command_environment):
    out = compress(plain, "svd", 3, tmp_path / "three")
    command = [sys.executable, "-m", "loft_jax.train", "--resume", str(out)]
    done = subprocess.run(command, env=command_environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "whose head is compressed" in done.stderr


@pytest.mark.filterwarnings("ignore:Sharding info not provided:UserWarning")
def test_all_but_the_head_stays_to_the_bit(plain, tmp_path):
    out = compress(plain, "covariance", 3, tmp_path / "three")
    for which in ("stats", "opt_state", "params"):
        before, after = stored(plain, which), stored(out, which)
        assert before.keys() == after.keys()
        changed = {path for path in before if not np.array_equal(before[path], after[path])}
        assert len(changed) == (2 if which == "params" else 0), changed
        assert all("head" in path and "decode" in path for path in changed)


@pytest.mark.filterwarnings("ignore:Sharding info not provided:UserWarning")
def test_the_average_is_what_is_compressed_and_the_only_network_left(averaged, tmp_path):
    out = compress(averaged, "svd", 3, tmp_path / "three")
    before, average, params = stored(averaged, "ema"), stored(out, "ema"), stored(out, "params")
    assert before.keys() == average.keys() == params.keys()
    for path in before:
        np.testing.assert_array_equal(average[path], params[path])
        if "decode" not in path:
            np.testing.assert_array_equal(average[path], before[path])


def test_a_compressed_run_can_be_compressed_further(plain, tmp_path):
    once = compress(plain, "svd", 5, tmp_path / "five")
    twice = compress(once, "svd", 2, tmp_path / "two")
    direct = compress(plain, "svd", 2, tmp_path / "direct")
    np.testing.assert_allclose(weight(twice), weight(direct), atol=1e-5)


def test_a_failed_save_leaves_nothing_behind(plain, tmp_path, monkeypatch):
    def full(*_):
        msg = "disk full"
        raise SaveError(msg)

    monkeypatch.setattr(Checkpoints, "save", full)
    with pytest.raises(SaveError, match="disk full"):
        compress(plain, "svd", 3, tmp_path / "three")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("method", "most"), [("svd", CLASSES), ("covariance", WIDTH)])
@pytest.mark.parametrize("beyond", [False, True])
def test_a_rank_out_of_range_is_refused_and_nothing_is_written(
    plain, tmp_path, method, most, beyond
):
    rank = most + 1 if beyond else 0
    with pytest.raises(InputError, match=f"between 1 and {most}, .* got {rank}"):
        compress(plain, method, rank, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_compressed_is_refused(plain, tmp_path):
    with pytest.raises(InputError, match="must be a new or empty folder"):
        compress(plain, "svd", 3, plain)
    with pytest.raises(InputError, match="must be a run folder"):
        compress(tmp_path, "svd", 3, tmp_path / "out")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="`out` must be a folder that can be written"):
        compress(plain, "svd", 3, tmp_path / "file" / "out")


def test_an_unknown_method_is_refused_where_no_types_are_checked():
    call = "from loft_jax.fitting.compressed import compress_run as f; f('', 'qr', 3, None, None)"
    found = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True)
    assert "InputError: `method` must be one of svd, covariance; got 'qr'" in found.stderr


def copy(run, out, **changed):
    """The run with some of its JSON files replaced; None is left out."""
    import shutil

    shutil.copytree(run, out)
    for name, value in changed.items():
        (out / f"{name}.json").unlink()
        if value is not None:
            (out / f"{name}.json").write_text(json.dumps(value))
    return out


def test_a_loft_head_is_refused(plain, tmp_path):
    config = read(plain, "config.json")
    loft = copy(plain, tmp_path / "loft", config=config | {"model": config["model"] | {"rank": 8}})
    with pytest.raises(InputError, match=r"`run` must have a plain head .* of rank 8"):
        compress(loft, "svd", 3, tmp_path / "out")


def test_an_unfinished_run_is_refused(plain, tmp_path):
    with pytest.raises(InputError, match=r"result\.json"):
        compress(copy(plain, tmp_path / "run", result=None), "svd", 3, tmp_path / "out")
