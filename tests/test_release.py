"""What is released: its files, its metadata, and that the theory works where nothing else is."""

import datetime
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import iie

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
ALONE = ("jax", "jaxlib", "flax", "sympy", "matplotlib", "polars", "sklearn", "tyro", "jinja2")
"""Packages that the theory does without."""
BLOCKED = f"""
import sys
for name in {ALONE}:
    sys.modules[name] = None  # importing it raises ModuleNotFoundError
import runpy
sys.argv = [sys.argv[1], *sys.argv[2:]]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def test_the_theory_asks_for_numpy_scipy_and_small_libraries():
    names = {re.match(r"[\w-]+", one)[0] for one in PROJECT["dependencies"]}
    assert names == {"array-api-compat", "jaxtyping", "numpy", "rich", "scipy"}


def test_every_extra_of_users_brings_the_networks_it_is_for():
    extras = PROJECT["optional-dependencies"]
    for name in {*extras} - {"networks", "pictures", "proofs"}:
        assert "loft-iie[networks]" in extras[name], name


def test_an_editable_checkout_brings_the_networks():
    text = (ROOT / "hatch_build.py").read_text(encoding="utf-8")
    namespace = {}
    exec(text, namespace)

    class Core:
        optional_dependencies = PROJECT["optional-dependencies"]

    class Metadata:
        core = Core

    hook = object.__new__(namespace["CheckoutHook"])
    hook._BuildHookInterface__metadata = Metadata
    for version, expected in (
        ("editable", Core.optional_dependencies["networks"]),
        ("standard", []),
    ):
        data = {"dependencies": []}
        hook.initialize(version, data)
        assert data["dependencies"] == expected


def alone(*words, cwd):
    """A command in a Python that has none of `ALONE`; its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.command
def test_a_command_without_its_libraries_names_the_extra_in_one_sentence(tmp_path):
    code, out, error = alone("loft_jax.train", "--rank", "64", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"error: \w+ is not installed; .*'loft-iie\[networks\]'\n", error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.command
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("proofs",), r"sympy is not installed; pip install 'loft-iie\[proofs\]'"),
        (("iie", "design"), r"`--samples` must be .*'loft-iie\[networks\]'\), got digits .*"),
    ],
)
def test_the_theory_without_an_extra_names_it_in_one_sentence(words, said, tmp_path):
    code, out, error = alone(*words, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert re.fullmatch(f"error: {said}\n", error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.command
def test_the_commands_are_listed_where_nothing_is_installed(tmp_path):
    code, out, _ = alone("loft_jax", cwd=tmp_path)
    assert code == 0
    assert re.search(r"python -m loft_jax\.train +train a classifier", out)


@pytest.mark.command
def test_a_curve_without_matplotlib_has_its_numbers_and_says_what_draws_it(tmp_path):
    code, out, error = alone("iie", "curve", "--ranks", "1", "2", cwd=tmp_path)
    assert (code, error) == (0, "")
    assert "no picture: matplotlib is not installed (pip install 'loft-iie[pictures]')" in out
    assert [path.name for path in tmp_path.iterdir()] == ["iie-curve.json"]


def test_the_changelog_dates_every_release_and_begins_with_what_is_not_released():
    titles = re.findall(r"^## \[(.+?)\](?: - (.+))?$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert titles[0] == ("Unreleased", "") or titles[0][0] == iie.__version__
    for name, date in titles:
        if name != "Unreleased":
            datetime.date.fromisoformat(date)


def test_the_citation_file_has_what_its_format_asks_for():
    # https://github.com/citation-file-format/citation-file-format, schema 1.2.0
    assert {"authors", "cff-version", "message", "title"} <= {*CITATION}
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] in ("software", "dataset")
    assert str(CITATION["version"]) == iie.__version__
    assert CITATION["license"] == PROJECT["license"]
    for one in (CITATION, *CITATION["references"]):
        assert one["authors"]
        for author in one["authors"]:
            assert "name" in author or {"family-names", "given-names"} <= {*author}
    for reference in CITATION["references"]:
        assert {"authors", "title", "type"} <= {*reference}
        assert re.fullmatch(r"10\.\d{4,}/\S+", reference["doi"])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the sdist, built without a network."""
    pytest.importorskip("build")
    out = tmp_path_factory.mktemp("dist")
    words = ["-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


@pytest.mark.slow
def test_the_wheel_holds_the_packages_and_their_data_and_nothing_else(built):
    with zipfile.ZipFile(built[0]) as wheel:
        names = set(wheel.namelist())
        metadata = wheel.read(next(n for n in names if n.endswith("/METADATA"))).decode()
    info = f"loft_iie-{iie.__version__}.dist-info"
    assert {name.partition("/")[0] for name in names} == {"iie", "loft_jax", "proofs", info}
    held = {
        path.relative_to(ROOT).as_posix()
        for room in ("iie", "loft_jax", "proofs")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".vo", ".glob", ".vok", ".vos", ".aux")
    }
    assert held - names == set()
    for one in ("iie/py.typed", "iie/references.bib", "loft_jax/reports/templates/report.html.j2"):
        assert one in names
    assert f"\nVersion: {iie.__version__}\n" in metadata
    plain = [n for n in re.findall(r"^Requires-Dist: (.*)$", metadata, re.M) if ";" not in n]
    assert sorted(plain) == sorted(PROJECT["dependencies"])


@pytest.mark.slow
def test_the_sdist_holds_what_builds_and_tests_it(built):
    with tarfile.open(built[1]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    held = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if held.returncode == 0:  # the tests read the pages, the site is built from them
        assert {n for n in held.stdout.splitlines() if not n.startswith(".ci/")} - names == set()
    for one in ("pyproject.toml", "hatch_build.py", "LICENSE", "CITATION.cff", "tests/conftest.py"):
        assert one in names
    assert not [n for n in names if n.startswith((".ci/", "runs/", "site/"))]


@pytest.mark.slow
def test_the_wheel_alone_has_the_theory(built, tmp_path):
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*words, str(tmp_path / "lib"), str(built[0])], check=True)
    code = BLOCKED.replace(
        "import sys\n", f"import sys\nsys.path.insert(0, {str(tmp_path / 'lib')!r})\n", 1
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "iie", "theorem1"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 10 cases agree" in done.stdout  # the eleventh is one of JAX's arrays
