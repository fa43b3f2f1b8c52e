"""A mistake in a plug-in is one sentence, which says where it is."""

import re
from pathlib import Path

import pytest

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.defenses.table import DEFENSES
from loft_jax.errors import InputError
from loft_jax.fitting.settings import ModelConfig
from loft_jax.runs import schema
from loft_jax.runs.rows import load_plugins

HERE = Path(__file__).parent / "plugins"
QUIET = (HERE / "quiet_defense.py").read_text()
GUESSING = (HERE / "guessing_attack.py").read_text()
ABOUT = re.search(r"    about = .*\n", QUIET)[0]
ROW = 'RECIPES["guessing"] = Guessing('

MISTAKES = {
    "1 / 0": r", line 1: ZeroDivisionError: division by zero",
    "x = 1\nimport nowhere": r", line 2: No module named 'nowhere'",
    "this is no Python": r": SyntaxError: invalid syntax \(mine.py, line 1\)",
    QUIET.replace('S["quiet"]', 'S["loft"]').replace('= "quiet"', '= "loft"'): "got one that is",
    QUIET.replace(
        "] = Quiet", "] = Quiet()"
    ): "a subclass of Defense, not an instance, got a Quiet",
    QUIET.replace(
        "@dataclass(frozen=True)", ""
    ): r"a frozen dataclass, got the class Quiet without",
    QUIET.replace(ABOUT, ""): r"`about = About\(...\)`, got the class Quiet without it",
    QUIET.replace('tag = "quiet"', 'tag = "silent"'): "the tag quiet, got the tag silent",
    QUIET.replace('    tag = "quiet"\n', ""): "the tag quiet, got the tag None",
    GUESSING.replace("def start(", "def begin("): "abstract class Guessing .*start",
    f'{GUESSING.partition(ROW)[0]}RECIPES["mine"] = Guessing': "of Recipe, got the class Guessing",
}


@pytest.mark.parametrize(("code", "said"), MISTAKES.items(), ids=MISTAKES.values())
def test_it_is_one_sentence(code, said, tmp_path, monkeypatch):
    before = [*DEFENSES], [*RECIPES]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(code)
    monkeypatch.setenv("LOFT_JAX_PLUGINS", "mine.py")
    with pytest.raises(
        InputError, match=f"^`LOFT_JAX_PLUGINS` must .*, got mine.py.*{said}"
    ) as told:
        load_plugins()
    assert "\n" not in str(told.value)
    monkeypatch.delenv("LOFT_JAX_PLUGINS")
    assert ([*DEFENSES], [*RECIPES]) == before


def test_a_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_rows").mkdir()
    monkeypatch.setenv("LOFT_JAX_PLUGINS", "my_rows")
    with pytest.raises(InputError, match="got my_rows: a folder of no module"):
        load_plugins()


def test_settings_of_a_plug_in_that_is_not_named_lead_to_it():
    values = schema.write(ModelConfig())
    values["defense"] = {"is": "quiet", "weight": 0.5}
    with pytest.raises(
        InputError, match=r"plug-ins \(LOFT_JAX_PLUGINS\), got `defense`.*got quiet"
    ):
        schema.read(ModelConfig, values, "config.json")
