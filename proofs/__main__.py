"""Run every proof: python -m proofs; exit 1 when a claim fails."""

import argparse
import sys
from collections.abc import Sequence

from proofs import theorem_1


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line per claim; 0 if all hold, else 1."""
    argparse.ArgumentParser(prog="python -m proofs", description=__doc__).parse_args(arguments)
    claims = theorem_1.verify()
    for claim in claims:
        verdict = "holds" if claim.holds else "FAILS"
        print(f"Theorem 1  {verdict}  {claim.text}  [{claim.generality}]")
    failed = sum(not claim.holds for claim in claims)
    print(f"{len(claims) - failed} of {len(claims)} claims hold.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
