"""A job's folder is its own, whoever else begins at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.runs.folder import check_free

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


def test_only_a_folder_with_settings_is_said_to_go_on(tmp_path):
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "x").write_text("")
    with pytest.raises(InputError, match=r"choose another$"):
        check_free(tmp_path / "left")
    made = RunFolder.create(str(tmp_path / "begun"), "", config={})
    with pytest.raises(InputError, match="choose another, or continue a run there with --resume"):
        check_free(made.path)
