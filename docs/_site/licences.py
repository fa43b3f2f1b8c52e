"""The licences of everything that is installed with the project."""

from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "loft-iie"
EXTRAS = ("networks", "faces", "torch", "cluster", "tensorboard")
"""Extras of users; what only develops the project is left out."""


def pages() -> dict[str, str]:
    """The page by its name."""
    rows = [
        f"| {name} | {found.version} | {_licence(found)} |"
        for name, found in sorted(_all().items())
    ]
    text = [
        "# Licences\n",
        "This project: Apache-2.0. Below is what it brings when it is installed with its extra",
        "`networks` and others, as each package itself declares it, where this site was built.\n",
        "| package | version | licence |",
        "|---|---|---|",
        *rows,
    ]
    return {"licences.md": "\n".join(text) + "\n"}


def _all() -> dict[str, Distribution]:
    """Every distribution behind the project, found by its own requirements."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(PROJECT, extra) for extra in ("", *EXTRAS)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # an extra that is not there
            continue
        for one in map(Requirement, found[name].requires or ()):
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(one.name), inner) for inner in ("", *one.extras)]
    del found[PROJECT]
    return found


def _licence(found: Distribution) -> str:
    told = found.metadata
    classifiers = told.get_all("Classifier") or []
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    free = (told.get("License") or "").strip().splitlines()
    return told.get("License-Expression") or ", ".join(named) or (free[0] if free else "not told")
