"""The pages tell of everything that the tables hold."""

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
