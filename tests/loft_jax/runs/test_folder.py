"""A job's folder is its own, whoever else begins at the same moment."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.runs import folder
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
    made = RunFolder.create(str(tmp_path / "be gun"), "", config={})
    with pytest.raises(InputError, match=r"choose another, or continue .* with --resume '.*gun'$"):
        check_free(made.path)


@pytest.mark.parametrize("out", [".", "link", "../stood in"])
def test_an_empty_folder_is_filled_and_not_replaced(out, tmp_path, monkeypatch):
    """Somebody may stand in it, a link lead to it, a disk be mounted there."""
    place = tmp_path / "stood in"
    place.mkdir()
    if out == "link":
        monkeypatch.chdir(tmp_path)
        (tmp_path / "link").symlink_to(place)
    else:
        monkeypatch.chdir(place)
    before = place.stat().st_ino
    made = RunFolder.create(out, "", config={"number": 1}, others={"split.json": {}})
    assert made.path.samefile(place)
    assert made.path.name
    assert place.stat().st_ino == before
    assert made.settings() == {"number": 1}
    assert sorted(one.name for one in place.iterdir()) == ["config.json", "split.json"]


def test_of_two_that_fill_one_folder_the_second_is_refused(tmp_path, monkeypatch):
    RunFolder.create(str(tmp_path), "", config={"number": 1})
    monkeypatch.setattr(folder, "check_free", lambda _: None)  # both found it empty
    with pytest.raises(InputError, match="not empty"):
        RunFolder.create(str(tmp_path), "", config={"number": 2})
    assert RunFolder.open(tmp_path).settings() == {"number": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["config.json"]


def test_where_nothing_can_be_written_is_said_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for name, said in (
        ("file", "new or empty folder"),
        ("file/run", "Not a directory"),
        ("nowhere", "new or empty folder"),
        ("x" * 300, "File name too long"),
    ):
        with pytest.raises(InputError, match=rf"`--out` must be a .*{said}"):
            check_free(tmp_path / name)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(InputError, match=r"can be written, got .*: Permission denied"):
        check_free(tmp_path / "new" / "run")
