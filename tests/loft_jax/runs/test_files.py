"""Files of lines notice what was done to them as a whole, too."""

import pytest

from loft_jax.errors import InputError
from loft_jax.runs.files import read_lines, write_lines

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
