"""Which checkpoints are kept, and that what is restored is what was saved."""

import jax
import numpy as np
import pytest
from flax import nnx

from loft_jax.errors import InputError, SaveError
from loft_jax.fitting.checkpoint import Checkpoints, History
from loft_jax.fitting.state import TrainState
from loft_jax.runs import files
from loft_jax.runs.devices import abstract, data_mesh, replicate


def state(step):
    """Small weights that are a known function of the step."""
    params = nnx.State({"w": nnx.Param(np.full((2, 3), step, np.float32))})
    stats = nnx.State({"m": nnx.BatchStat(np.arange(3, dtype=np.float32) + step)})
    return TrainState(np.asarray(step, np.int32), params, stats, (), None)


def like():
    return abstract(data_mesh(), lambda: jax.tree.map(jax.numpy.asarray, state(0)))


@pytest.fixture
def saved(tmp_path):
    """Four checkpoints; the second has the best score."""
    checkpoints = Checkpoints(tmp_path / "checkpoint")
    for step, score in ((1, 0.5), (2, 0.9), (3, 0.7), (4, 0.6)):
        checkpoints.save(replicate(data_mesh(), state(step)), History([{"step": step}]), score)
    return checkpoints


def test_the_last_two_and_the_best_are_kept(saved, tmp_path):
    kept = {int(p.name) for p in (tmp_path / "checkpoint").iterdir() if p.is_dir()}
    assert kept == {2, 3, 4}
    assert saved.best_step() == 2
    assert saved.latest_step() == 4


def test_a_second_reader_finds_the_same_best(saved, tmp_path):
    again = Checkpoints(tmp_path / "checkpoint")
    assert again.best_step() == 2
    assert again.latest_step() == 4


def test_of_a_run_that_was_removed_nothing_is_said_to_be_kept(saved, tmp_path):
    tmp_path.rename(tmp_path.with_name("elsewhere"))
    with pytest.raises(SaveError, match=r"the run's folder is gone.*: nothing is kept"):
        saved.save(replicate(data_mesh(), state(5)), History(), 0.1)
    assert not tmp_path.exists()


def test_what_is_restored_is_what_was_saved(saved):
    found, history = saved.restore(2, like())
    assert history == History([{"step": 2}])
    for got, want in zip(jax.tree.leaves(found), jax.tree.leaves(state(2)), strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_checkpoint_of_another_network_is_refused(saved):
    other = like()._replace(params=nnx.State({"v": nnx.Param(like().step)}))
    with pytest.raises(InputError, match="readable checkpoint"):
        saved.restore(2, other)


@pytest.mark.parametrize("broken", [{}, {"rows": [], "seconds": "long"}, {"rows": 3}])
def test_an_index_that_lacks_what_the_loop_noted_is_refused(broken, saved, tmp_path):
    place = next(tmp_path.rglob("index.json"))
    index = files.read_json(place)
    entry = {**index["2"], "progress": broken} if broken else {"hash": index["2"]["hash"]}
    files.write_json(place, {**index, "2": entry})
    with pytest.raises(InputError, match=r"index\.json"):
        Checkpoints(place.parent).restore(2, like())
