"""Check the proofs: one line per claim, exit 1 when one fails."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from rich.console import Console
from rich.text import Text

try:
    from proofs.claim import ProofError, check_each
    from proofs.document import document
except ModuleNotFoundError as error:
    if __name__ != "__main__" or error.name != "sympy":
        raise
    print("error: sympy is not installed; pip install 'loft-iie[proofs]'", file=sys.stderr)
    raise SystemExit(2) from None

PROOFS = (
    "ideal_attacker",
    "theorem_1",
    "invariances",
    "adding_a_row",
    "extreme_filters",
    "noisy_release",
    "information",
    "quantised_release",
    "label_only",
    "mixture",
    "posterior_sampler",
    "pseudo_inverse",
    "error_law",
    "elliptical",
    "random_filter",
    "lda",
    "loft_head",
    "information_limit",
    "van_trees",
    "weiss_weinstein",
    "unbiased_attackers",
    "bounded_code",
)


class Parser(argparse.ArgumentParser):
    """argparse that refuses in one sentence, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave."""
        print(f"error: {message} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the proofs asked for; 0 if all their claims hold, else 1. Bad input exits with 2."""
    parser = Parser(prog="python -m proofs", description=__doc__, allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help="one of: " + ", ".join(PROOFS))
    parser.add_argument("--latex", type=Path, metavar="FILE", help="write the proofs as a document")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the claims as data")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - {*PROOFS})
    if unknown:
        parser.error(f"there is no proof {', '.join(unknown)}; there are {', '.join(PROOFS)}")
    for flag, path in (("--latex", options.latex), ("--json", options.json)):
        if path is not None and not _is_place(path):
            parser.error(f"`{flag}` must be a file in an existing folder, got {path}")

    modules = [load(name) for name in PROOFS if not options.names or name in options.names]
    rows = run(modules)
    failed = sum(row["verdict"] != "holds" for row in rows)
    print(f"{len(rows) - failed} of {len(rows)} claims hold.")
    try:
        if options.json is not None:
            write_whole(options.json, json.dumps(rows, indent=2) + "\n")
            print(f"claims in {options.json}")
        if options.latex is not None and not failed:
            write_whole(options.latex, document(modules))
            print(f"proofs in {options.latex}")
    except OSError as error:
        parser.error(f"{error.filename} could not be written ({error.strerror})")
    return 1 if failed else 0


def _is_place(path: Path) -> bool:
    """Whether a file can be moved there without replacing a folder or a device."""
    return path.absolute().parent.is_dir() and (path.is_file() or not path.exists())


def load(name: str) -> ModuleType:
    """The proof of that name."""
    return import_module(f"proofs.{name}")


def run(modules: Sequence[ModuleType]) -> list[dict[str, Any]]:
    """Check and print claim after claim. A claim that fails ends its proof, not the others."""
    # A line stays a line: it is neither folded at the width of a terminal nor cut.
    console = Console(soft_wrap=True, highlight=False, markup=False)
    rows: list[dict[str, Any]] = []
    for module in modules:
        name = module.__name__.rpartition(".")[2]

        def report(claim: str, generality: str, seconds: float, verdict: str, name=name) -> None:
            row = {"proof": name, "claim": claim, "generality": generality}
            rows.append({**row, "seconds": round(seconds, 3), "verdict": verdict})
            colour = "green" if verdict == "holds" else "bold red"
            shown = f"  {seconds:5.2f} s  {name}: {claim}  [{generality}]"
            console.print(Text.assemble((verdict, colour), shown))

        try:
            for claim in check_each(module.derive()):
                report(claim.text, claim.generality, claim.seconds, "holds")
        except ProofError as error:
            report(error.identity.claim, error.identity.generality, 0.0, "FAILS")
            rows[-1]["residual"] = str(error.residual)
            console.print(f"       residual: {str(error.residual)[:500]}")
    return rows


def write_whole(path: Path, text: str) -> None:
    """Write `text` to `path` whole or not at all."""
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        if partial.exists():
            partial.unlink()


if __name__ == "__main__":
    sys.exit(main())
