"""Batches are a pure function of the step; blocks for evaluation cover everything once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loft_jax.data.batches import batch_indices, evaluation_batches, steps_per_epoch
from loft_jax.errors import InputError

SIZES = {"n": st.integers(1, 200), "batch_size": st.integers(1, 64)}
SEEDS = st.integers(0, 2**40)


def epoch_of(n, batch_size, seed, epoch):
    steps = steps_per_epoch(n, batch_size)
    return [batch_indices(n, batch_size, seed, epoch * steps + k) for k in range(steps)]


@given(**SIZES, seed=SEEDS, epoch=st.integers(0, 50))
def test_an_epoch_repeats_no_sample_more_often_than_it_must(n, batch_size, seed, epoch):
    batches = epoch_of(n, batch_size, seed, epoch)
    assert all(batch.shape == (batch_size,) for batch in batches)
    counts = np.bincount(np.concatenate(batches), minlength=n)
    assert len(counts) == n
    if n >= batch_size:
        assert counts.max() == 1
        assert (counts == 0).sum() == n % batch_size
    else:
        assert counts.min() == batch_size // n
        assert counts.max() == -(-batch_size // n)


@given(**SIZES, seed=SEEDS, steps=st.lists(st.integers(0, 500), min_size=2, max_size=6))
def test_a_batch_depends_on_its_step_and_not_on_what_was_asked_before(n, batch_size, seed, steps):
    forward = {step: batch_indices(n, batch_size, seed, step) for step in steps}
    for step in reversed(steps):
        np.testing.assert_array_equal(batch_indices(n, batch_size, seed, step), forward[step])


def test_the_caller_may_write_into_a_batch_without_changing_the_next():
    for n, batch_size in ((10, 10), (10, 4), (3, 8)):
        expected = batch_indices(n, batch_size, 0, 0).copy()
        batch_indices(n, batch_size, 0, 0)[:] = 0
        np.testing.assert_array_equal(batch_indices(n, batch_size, 0, 0), expected)


def test_epochs_and_seeds_differ():
    orders = {tuple(np.concatenate(epoch_of(50, 10, s, e))) for s in range(3) for e in range(3)}
    assert len(orders) == 9


def test_over_many_epochs_every_sample_is_seen_equally_often():
    n, batch_size, epochs = 10, 4, 2000
    seen = sum(
        np.bincount(np.concatenate(epoch_of(n, batch_size, 7, epoch)), minlength=n)
        for epoch in range(epochs)
    )
    share = 8 / 10  # two batches of four
    np.testing.assert_allclose(seen / epochs, share, atol=5 * np.sqrt(share * (1 - share) / epochs))


@given(n=st.integers(0, 200), batch_size=st.integers(1, 64))
def test_evaluation_goes_through_all_samples_once_in_blocks_of_one_shape(n, batch_size):
    blocks = list(evaluation_batches(n, batch_size))
    assert all(index.shape == valid.shape == (batch_size,) for index, valid in blocks)
    assert len(blocks) == -(-n // batch_size)
    counted = [index[valid] for index, valid in blocks]
    assert np.concatenate([*counted, []]).tolist() == list(range(n))
    assert all((index[~valid] == 0).all() for index, valid in blocks)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: steps_per_epoch(0, 4), "`n` must be at least 1, got 0"),
        (lambda: batch_indices(4, 0, 0, 0), "`batch_size` must be at least 1, got 0"),
        (lambda: batch_indices(4, 2, -1, 0), "`seed` must be at least 0, got -1"),
        (lambda: batch_indices(4, 2, 0, -1), "`step` must be at least 0, got -1"),
        (lambda: evaluation_batches(4, 0), "`batch_size` must be at least 1, got 0"),
    ],
)
def test_arguments_out_of_range_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
