"""What the runs and attacks of a report are to be cited by: keys of references.bib, and BibTeX."""

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.data.sources import source_of
from loft_jax.defenses.table import DEFENSES
from loft_jax.fitting.generators.folder import PriorFolder
from loft_jax.judging.independent.table import RECOGNISERS
from loft_jax.nets.trunks.table import TRUNKS
from loft_jax.priors.table import PRIORS
from loft_jax.reports.folders import Attack, Run
from loft_jax.reports.gather import Material, gather
from loft_jax.runs.files import read_json

ALWAYS = ("yu2026rank", "loftiie")
"""The paper whose theorem and defense this is about, and this software."""
_ENTRY = re.compile(r"^@\w+\{([^,]+),.*?^\}$", re.MULTILINE | re.DOTALL)


class Cited(NamedTuple):
    """One entry and what it was used for.

    Attributes:
        key: in references.bib.
        used: what for, such as `defense mid`.
        bibtex: the entry.
    """

    key: str
    used: tuple[str, ...]
    bibtex: str


class Citation(NamedTuple):
    """What `python -m loft_jax.citation` prints.

    Attributes:
        entries: in the order in which they come.
    """

    entries: tuple[Cited, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Of references.bib."""
        return tuple(entry.key for entry in self.entries)

    @property
    def bibtex(self) -> str:
        """All entries, each below a comment that says what it was used for."""
        return "\n\n".join(
            f"% {', '.join(entry.used) or 'theory and software'}\n{entry.bibtex}"
            for entry in self.entries
        )

    def __str__(self) -> str:
        return self.bibtex


def citation(paths: Iterable[str | Path]) -> Citation:
    """What the folders of sweeps, runs and judged attacks are to be cited by.

    Raises:
        InputError: if there is none, or one is no such folder or damaged.
    """
    return cited(gather([Path(path) for path in paths]))


def cited(material: Material) -> Citation:
    """Every method that runs and attacks used, in the order in which they come.

    A row without keys is nobody's publication: the plain head, say, or the user's own pictures.
    """
    used: dict[str, list[str]] = {key: [] for key in ALWAYS}
    for run in material.runs.values():
        for what, keys in _of_run(run):
            _add(used, what, keys)
    for attack in material.attacks.values():
        for what, keys in _of_attack(attack):
            _add(used, what, keys)
    entries = bibliography()
    known = (key for key in used if key in entries)
    return Citation(tuple(Cited(key, tuple(used[key]), entries[key]) for key in known))


def bibliography() -> dict[str, str]:
    """The entries of references.bib by their keys."""
    text = files("iie").joinpath("references.bib").read_text(encoding="utf-8")
    return {found[1]: found[0] for found in _ENTRY.finditer(text)}


def _add(used: dict[str, list[str]], what: str, keys: tuple[str, ...]) -> None:
    for key in keys:
        told = used.setdefault(key, [])
        if what not in told:
            told.append(what)


def _of_run(run: Run) -> Iterator[tuple[str, tuple[str, ...]]]:
    model = run.config.model
    tag = model.defense.tag
    yield f"defense {tag}", DEFENSES[tag].about.cite
    yield f"trunk {model.trunk}", TRUNKS[model.trunk].cite
    yield "pictures", source_of(run.config.data.data).cite


def _of_attack(attack: Attack) -> Iterator[tuple[str, tuple[str, ...]]]:
    name = attack.result.attack
    if name in RECIPES:
        yield f"attack {name}", RECIPES[name].cite
    prior = _prior(attack.result.prior)
    if prior in PRIORS:
        yield f"prior {prior}", PRIORS[prior].cite
    judge = _independent(read_json(attack.path / "attack.json"))
    if judge in RECOGNISERS:
        yield f"judge {judge}", RECOGNISERS[judge].cite


def _prior(named: str) -> str:
    """Its row: what is named, or what the folder of that name holds, while it is there."""
    if named in PRIORS or not (Path(named) / "config.json").is_file():
        return named
    return PriorFolder.open(named, "PRIOR").config().prior


def _independent(result: dict[str, Any]) -> str:
    return str((result.get("independent") or {}).get("name"))
