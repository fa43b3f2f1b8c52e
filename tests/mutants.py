"""Are the tests able to fail? Each wrong version of the theory in mutants.toml must be noticed.

    python tests/mutants.py --jobs 2     all of them, a quarter of an hour to an hour on two cores
    python tests/mutants.py _linalg      those whose file, text or reason has this word

Works on copies in a temporary folder. Exit code 0: every mutant was killed; 1: one survived; 2: the
text of one is no longer in its file, or the tests fail without any mutant.
"""

import argparse
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("iie", "proofs", "tests", "pyproject.toml", "CITATION.cff")
OPTIONS = ("-x", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider")
OWN = {"COLUMNS": "300", "PYTHONDONTWRITEBYTECODE": "", "HYPOTHESIS_PROFILE": "thorough"}
PATIENCE = 900  # seconds; a mutant that never ends is noticed too
ROW = "{:>7}  {:23} {:75} {}"


@dataclass(frozen=True)
class Mutant:
    """One edit that makes the theory wrong, and the test files that have to notice."""

    file: str
    old: str
    new: str
    reason: str
    tests: tuple[str, ...]

    def problem(self) -> str | None:
        """Why it cannot be applied, if so."""
        found = (ROOT / self.file).read_text(encoding="utf-8").count(self.old)
        return None if found == 1 else f"{self.file}: found {found} times, not once: {self.old}"

    def apply(self, copy: Path) -> None:
        """Edit the file in a copy of the project."""
        place = copy / self.file
        source = place.read_text(encoding="utf-8")
        place.write_text(source.replace(self.old, self.new), encoding="utf-8")


def main() -> int:
    """Run the mutants that have one of the words, or all; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only mutants with one of these words")
    parser.add_argument("--jobs", type=int, default=1, help="so many at a time")
    options = parser.parse_args()
    mutants = every_mutant()
    if problems := [problem for mutant in mutants if (problem := mutant.problem())]:
        print("\n".join(problems))
        return 2
    words = options.words or [""]
    chosen = [mutant for mutant in mutants if any(word in str(mutant) for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        right = Path(folder) / "right"
        right.mkdir()
        for name in COPIED:
            _copy(ROOT / name, right / name)
        if failure := _first_failure(right, [name for m in chosen for name in m.tests]):
            print(f"the tests must pass without a mutant, but this one fails: {failure}")
            return 2
        print(ROW.format("seconds", "file", "mutant", "killed by"), flush=True)
        with ThreadPoolExecutor(options.jobs) as pool:
            survived = sum(pool.map(functools.partial(_survives, right), chosen))
    print(f"\n{len(chosen)} mutants, {len(chosen) - survived} killed, {survived} survived")
    return 1 if survived else 0


def every_mutant() -> list[Mutant]:
    """What mutants.toml lists."""
    with (ROOT / "tests" / "mutants.toml").open("rb") as file:
        content = tomllib.load(file)
    tests = content["tests"]
    return [Mutant(**entry, tests=tuple(tests[entry["file"]])) for entry in content["mutant"]]


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        shutil.copy(source, target)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def _survives(right: Path, mutant: Mutant) -> bool:
    """Run the tests on a copy with this mutant, and print a row of the table."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=right.parent) as folder:
        copy = Path(folder) / "wrong"
        shutil.copytree(right, copy)
        mutant.apply(copy)
        killer = _first_failure(copy, mutant.tests, "-n0")  # workers would start for too little
    seconds = f"{time.perf_counter() - start:.0f}"
    row = ROW.format(seconds, mutant.file, mutant.reason, killer or "SURVIVED")
    print(row if killer else f"{row}\n    - {mutant.old}\n    + {mutant.new}", flush=True)
    return killer is None


def _first_failure(copy: Path, tests: Sequence[str], *options: str) -> str | None:
    """The first test that fails in the copy, or None; the copy's own packages are imported."""
    files = [f"tests/iie/{name}" for name in dict.fromkeys(tests)]
    command = [sys.executable, "-m", "pytest", *OPTIONS, *options, *files]  # -m: the copy is first
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, **OWN, "PYTHONPATH": str(copy)},  # of commands in other folders too
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {PATIENCE} s"
    if done.returncode == 0:
        return None
    return next(_failures(done.stdout), None) or done.stdout + done.stderr


def _failures(output: str) -> Iterator[str]:
    for line in output.splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            yield line.split(maxsplit=1)[1].split(" - ")[0].removeprefix("tests/iie/")


if __name__ == "__main__":
    sys.exit(main())
