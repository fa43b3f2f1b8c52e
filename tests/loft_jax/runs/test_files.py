"""Files of lines notice what was done to them as a whole, too."""

from pathlib import Path

import pytest

from loft_jax.errors import InputError
from loft_jax.runs.files import check_place, read_lines, write_lines

DEVICE = Path("/dev/null")
ROWS = [{"epoch": 1}, {"epoch": 2}, {"epoch": 2}]


def test_what_was_written_is_read(tmp_path):
    write_lines(tmp_path / "rows.jsonl", ROWS)
    assert read_lines(tmp_path / "rows.jsonl") == ROWS


@pytest.mark.parametrize("kept", [[], [0], [0, 1], [1, 2], [1, 0, 2], [0, 2, 1], [0, 1, 2, 2]])
def test_lines_that_are_missing_moved_or_there_twice_are_noticed(kept, tmp_path):
    path = tmp_path / "rows.jsonl"
    write_lines(path, ROWS)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[index] for index in kept))
    with pytest.raises(InputError, match=r"rows\.jsonl"):
        read_lines(path)


def test_a_place_for_a_file_is_no_folder_and_no_device(tmp_path):
    (tmp_path / "there").write_text("x")
    check_place(tmp_path / "there")
    check_place(tmp_path / "new")
    wrong = {tmp_path: "is a folder", tmp_path / "no" / "x": "is in a folder that is not there"}
    if DEVICE.is_char_device():
        wrong[DEVICE] = "is a device"
    for path, said in wrong.items():
        with pytest.raises(InputError, match=f"`--json` must be a file to write.* which {said}"):
            check_place(path, "--json")
