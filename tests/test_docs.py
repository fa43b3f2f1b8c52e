"""The pages tell of everything that the tables hold, and their Python does what they say."""

import re
from pathlib import Path

import pytest

from loft_jax.defenses.table import DEFENSES

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize(
    "tag", [tag for tag, row in DEFENSES.items() if row.__module__.startswith("loft_jax.")]
)
def test_every_defense_has_a_line(tag):
    page = (DOCS / "defenses.md").read_text()
    assert f"`{tag}:" in page or f"`{tag}`" in page


def program(page):
    """The first Python of a page."""
    found = re.search(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_concept_of_the_error_shows_what_it_is():
    *setting, first, second = program("concepts-iie.md").splitlines()
    namespace = {}
    exec("\n".join(setting), namespace)
    assert eval(first.partition("#")[0], namespace) == pytest.approx(2 + 1)
    assert eval(second.partition("#")[0], namespace) == pytest.approx(4 + 2)


@pytest.mark.slow
@pytest.mark.command
@pytest.mark.parametrize("page", ["start-train.md", "howto-jax-model.md"])
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    exec(program(page), namespace)
    assert (Path(namespace["attack"].folder) / "reconstructions.npz").is_file()
