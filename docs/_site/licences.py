"""The licences of everything that is installed with the project."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

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
    waiting = [_requirement(one) for one in distribution(PROJECT).requires or ()]
    while waiting:
        name, marker = waiting.pop()
        extra = re.search(r"extra == ['\"](.*?)['\"]", marker)
        if name in found or name == PROJECT or (extra and extra[1] not in EXTRAS):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # of another platform, or an extra that is not there
            continue
        inner = [_requirement(one) for one in found[name].requires or ()]
        waiting += [one for one in inner if "extra ==" not in one[1]]
    return found


def _requirement(text: str) -> tuple[str, str]:
    name, _, marker = text.partition(";")
    plain = re.match(r"[\w.-]+", name)
    assert plain is not None
    return re.sub(r"[-_.]+", "-", plain[0]).lower(), marker


def _licence(found: Distribution) -> str:
    told = found.metadata
    classifiers = told.get_all("Classifier") or []
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    free = (told.get("License") or "").strip().splitlines()
    return told.get("License-Expression") or ", ".join(named) or (free[0] if free else "not told")
