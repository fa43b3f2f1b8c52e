"""Each notebook is two files that say the same, and carries no outputs."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))


def read(name):
    return json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))


def test_every_notebook_has_its_source_and_its_pair():
    assert sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) == NAMES
    assert len(NAMES) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_source_and_pair_have_the_same_cells(name):
    jupytext = pytest.importorskip("jupytext", reason="jupytext comes with the extra `notebooks`")
    source = jupytext.read(NOTEBOOKS / f"{name}.py")
    expected = [(cell["cell_type"], cell["source"]) for cell in source.cells]
    assert [
        (cell["cell_type"], "".join(cell["source"])) for cell in read(name)["cells"]
    ] == expected


@pytest.mark.parametrize("name", NAMES)
def test_no_output_is_kept(name):
    code = [cell for cell in read(name)["cells"] if cell["cell_type"] == "code"]
    assert code
    for cell in code:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
