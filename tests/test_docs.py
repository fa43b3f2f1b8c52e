"""The pages tell of everything that the tables hold, and their Python does what they say."""

import dataclasses
import json
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from answering_server import answering

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.defenses.table import DEFENSES

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def site(monkeypatch):
    """What makes pages of the site, by its name."""
    monkeypatch.syspath_prepend(str(DOCS / "_site"))
    return import_module


def test_the_tables_are_made_from_the_rows(site):
    row = dataclasses.replace(RECIPES["ppa"], title="An attack of one test")
    assert row.title not in site("tables").pages()["table-attacks.md"]
    RECIPES["of-one-test"] = row
    try:
        assert f"## {row.title} {{ #of-one-test }}" in site("tables").pages()["table-attacks.md"]
    finally:
        del RECIPES["of-one-test"]


def test_the_table_of_defenses_says_which_train(site):
    page = site("tables").pages()["table-defenses.md"]
    last = {tag: line for line in page.splitlines() for tag in re.findall(r"^\| \[`(.+?)`", line)}
    assert set(last) == {*DEFENSES}
    assert last["loft"].endswith("| yes |")
    assert last["svd"].endswith("| no: cuts a trained head |")
    assert last["ssd"].endswith("| no: weights stay |")


def test_the_licences_are_those_of_all_that_the_networks_bring(site):
    page = site("licences").pages()["licences.md"]
    # fsspec comes by an extra of a dependency's dependency.
    for name in ("jax", "numpy", "tyro", "fsspec"):
        assert f"\n| {name} | " in page
    assert "| loft-iie |" not in page
    assert "not told" not in page


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
    for line, number in ((first, 2 + 1), (second, 4 + 2)):
        expression, _, said = line.partition("#")
        assert eval(expression, namespace) == pytest.approx(number)
        assert float(said.partition(":")[0]) == number


@pytest.mark.slow
@pytest.mark.command
@pytest.mark.parametrize("page", ["start-train.md"])
def test_the_python_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    exec(program(page), namespace)
    assert (Path(namespace["attack"].folder) / "reconstructions.npz").is_file()


def test_the_faces_of_the_commands_are_drawn():
    namespace = {}
    exec(program("commands.md"), namespace)
    assert namespace["images"].shape == (96, 64, 64, 3)
    assert namespace["labels"].tolist() == [person for person in range(8) for _ in range(12)]


def snippets(page):
    """Its Python, by the word behind the language."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return {kind: code for kind, code in re.findall(r"```python *(\w*)\n(.*?)```", text, re.DOTALL)}


@pytest.mark.command
def test_an_own_model_of_jax_and_of_pytorch_is_attacked_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, names = snippets("howto-own-model.md"), {}
    exec(code[""], names)
    assert (tmp_path / "runs" / "of-a-function" / "reconstructions.npz").exists()
    pytest.importorskip("torch")
    exec(code["torch"], names)
    assert names["target"].ask(names["np"].zeros((1, 8, 8, 3))).features.shape == (1, 4)
    assert (tmp_path / "runs" / "of-a-module" / "reconstructions.npz").exists()


def test_a_black_box_is_asked_as_the_page_says(capsys):
    def bright(images):
        return (images.mean((1, 2, 3)) > 0.5).astype(int)

    asked = np.random.default_rng(1).random((5, 8, 8, 3), np.float32)
    with answering({"/predict": lambda x: json.dumps(bright(x).tolist()).encode()}) as (at, _):
        code = snippets("howto-own-model.md")["http"]
        exec(code.replace("http://127.0.0.1:8000", at), {"np": np})
    assert capsys.readouterr().out == f"label {bright(asked)} 6\n"


def test_the_files_that_the_site_puts_into_a_page_are_there():
    page = (DOCS / "howto-extend.md").read_text(encoding="utf-8")
    named = re.findall(r'^```python\n--8<-- "(.+)"\n```$', page, re.MULTILINE)
    assert len(named) == page.count("```python") > 0
    for file in named:
        assert (DOCS.parent / file).is_file()


def test_the_command_that_adds_a_row_names_a_file_of_the_page_and_its_row():
    page = (DOCS / "howto-extend.md").read_text(encoding="utf-8")
    file, row = re.findall(r"LOFT_JAX_PLUGINS=(\S+) .*--defense (\w+):", page)[0]
    assert f'DEFENSES["{row}"]' in (DOCS.parent / "tests/extension/plugins" / file).read_text()


def test_pages_of_notebooks_leave_out_what_was_told_while_they_ran(site, tmp_path, monkeypatch):
    for library in ("latex2mathml", "nbconvert"):
        pytest.importorskip(library)
    v4, write, notebooks = site("nbformat.v4"), site("nbformat").write, site("notebooks")
    rich = '<pre style="white-space:pre;overflow-x:auto">begun /home/me/cell</pre>'
    outputs = [
        v4.new_output("stream", name="stderr", text="a warning"),
        v4.new_output("display_data", data={"text/html": rich, "text/plain": "begun /home/me"}),
        v4.new_output("stream", name="stdout", text="six heads"),
        v4.new_output("display_data", data={"text/html": "<b>the finding</b>"}),
    ]
    write(v4.new_notebook(cells=[v4.new_code_cell("1", outputs=outputs)]), tmp_path / "a.ipynb")
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    monkeypatch.delenv("DOCS_EXECUTE", raising=False)
    page = notebooks.pages()["a.md"]
    assert "six heads" in page
    assert "the finding" in page
    assert "warning" not in page
    assert "/home/me" not in page
