"""How a search is cut to memory: the most classes that fit, in chunks as equal as possible."""

from unittest.mock import create_autospec

import numpy as np
import pytest
from rich.console import Console

from loft_jax.attacks import running
from loft_jax.attacks.folder import AttackFolder
from loft_jax.attacks.running import RESERVE, fitting, reconstruct_all
from loft_jax.attacks.search.base import Reconstructions, Search
from loft_jax.errors import InputError
from loft_jax.runs.environment import Memory
from loft_jax.runs.interrupt import Interrupt
from loft_jax.targets.base import Target

BEFORE, HELD, A_CLASS = 2**34, 10**9, 10**8
LABELS = np.arange(10)


class Stub(Search):
    """A search of which each class needs as much, with two rows a class."""

    rows = 2

    def reconstruct(self, labels, report):
        raise NotImplementedError

    def bytes_needed(self, labels):
        return A_CLASS * len(labels)


@pytest.fixture(autouse=True)
def process(monkeypatch):
    """One that held 16 GiB before the job, and has come to hold a little more."""
    monkeypatch.setattr(running, "memory", lambda: Memory(BEFORE + HELD, BEFORE + HELD))


def cut(room, batch=1000, later=0, peak_before=BEFORE):
    before = Memory(BEFORE, peak_before)
    return fitting(Stub(), LABELS, batch, HELD + RESERVE + room, before, later=later)


@pytest.mark.parametrize(
    ("room", "classes"),
    [
        (10 * A_CLASS, 10),
        (10 * A_CLASS - 1, 5),  # nine fit; two chunks of five are as few
        (5 * A_CLASS, 5),
        (4 * A_CLASS, 4),
        (A_CLASS, 1),
    ],
)
def test_the_fewest_chunks_that_fit_are_as_equal_as_they_can_be(room, classes):
    size = cut(room)
    assert size.classes_at_a_time == classes
    assert size.bytes_needed == HELD + RESERVE + classes * A_CLASS


def test_the_batch_bounds_the_rows_as_well():
    assert cut(10 * A_CLASS, batch=8).classes_at_a_time == 4
    assert cut(10 * A_CLASS, batch=1).classes_at_a_time == 1


def test_what_judging_needs_later_is_kept_free():
    assert cut(10 * A_CLASS, later=5 * A_CLASS).classes_at_a_time == 5


def test_what_compiling_took_counts_but_no_peak_from_before_the_job(monkeypatch):
    peak = BEFORE + 10 * HELD
    monkeypatch.setattr(running, "memory", lambda: Memory(BEFORE + HELD, peak))
    assert cut(10 * HELD, peak_before=peak - 1).bytes_needed == 10 * HELD
    assert cut(10 * HELD, peak_before=peak).bytes_needed == HELD + RESERVE + 10 * A_CLASS


def test_a_class_that_does_not_fit_is_refused_with_what_it_needs():
    with pytest.raises(InputError, match=r"`--memory` must be at least 1\.27 for 2"):
        cut(A_CLASS - 1)


class Finder(Search):
    """A search that finds as many pictures of each class as it likes."""

    def __init__(self, found, strangers):
        self.found, self.strangers = found, strangers

    def reconstruct(self, labels, report):
        def each(count, *shape):
            return np.zeros((len(labels), count, *shape))

        return Reconstructions(
            each(self.found, 3), each(self.found, 4, 4, 1), each(self.found), np.zeros(1),
            np.zeros(1), each(self.strangers, 4, 4, 1), each(self.strangers, 3),
        )  # fmt: skip


def all_of(search, tmp_path):
    folder, target, interrupt = (
        create_autospec(kind, instance=True) for kind in (AttackFolder, Target, Interrupt)
    )
    folder.path, folder.read_chunk.return_value = tmp_path, None
    target.queries, target.class_names = 0, tuple(map(str, LABELS))
    chunks = reconstruct_all(search, target, LABELS, 4, 2, folder, Console(quiet=True), interrupt)
    return [len(chunk.images) for chunk in chunks]


@pytest.mark.parametrize(("found", "strangers", "wrong"), [(1, 2, "latents"), (2, 3, "lookalikes")])
def test_other_numbers_of_pictures_than_were_asked_for_are_refused(
    found, strangers, wrong, tmp_path
):
    with pytest.raises(InputError, match=f"`{wrong}` of what the search found must be of 4 class"):
        all_of(Finder(found, strangers), tmp_path)


def test_each_class_is_kept_once(tmp_path):
    assert all_of(Finder(2, 2), tmp_path) == [4, 4, 2]
