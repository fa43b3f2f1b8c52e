"""A job's folder is its own, whoever else begins at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from loft_jax.fitting.run_folder import RunFolder

STARTED = 16


def test_runs_started_together_get_a_folder_each(tmp_path):
    together = threading.Barrier(STARTED)

    def create(number):
        together.wait()
        return RunFolder.create(None, "run", tmp_path, config={"number": number})

    with ThreadPoolExecutor(STARTED) as pool:
        made = list(pool.map(create, range(STARTED)))
    assert len({folder.path for folder in made}) == STARTED
    assert [folder.settings()["number"] for folder in made] == list(range(STARTED))
    assert sorted(tmp_path.iterdir()) == sorted(folder.path for folder in made)
