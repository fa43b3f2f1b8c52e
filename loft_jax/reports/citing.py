"""What runs, attacks and audits are to be cited by: keys of references.bib, and BibTeX."""

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.auditing.folder import CLASS_LEVEL, NUMBERS, AuditFolder
from loft_jax.data.sources import source_of
from loft_jax.defenses.table import DEFENSES
from loft_jax.errors import InputError
from loft_jax.fitting.generators.folder import PriorFolder
from loft_jax.judging.independent.table import RECOGNISERS
from loft_jax.nets.trunks.table import TRUNKS
from loft_jax.priors.table import PRIORS
from loft_jax.reports.folders import Attack, Run
from loft_jax.reports.gather import Material, gather
from loft_jax.runs.files import read_json

ALWAYS = ("yu2026rank", "loftiie")
"""The paper whose theorem and defense this is about, and this software."""
BOUNDS = {
    "information": ("cover2006elements",),
    "bits": ("cover2006elements",),
    "van Trees": ("gill1995applications",),
    "van Trees through a generator": ("gill1995applications",),
    "bounded code": ("loftiie",),
}
"""Lower ends of audits, by the bound."""
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
    """What the folders of sweeps, runs, judged attacks and audits are to be cited by.

    Raises:
        InputError: if there is none, or one is no such folder or damaged.
    """
    given = [Path(path) for path in paths]
    for path in given:
        if not path.is_dir():
            msg = f"`PATH` must be a folder of a sweep, a run, an attack or an audit, got {path}"
            raise InputError(msg)
    audits = [path for path in given if (path / NUMBERS).is_file()]
    inside = [found for path in audits if (found := _audited(path)) is not None]
    others = [path for path in given if path not in audits]
    material = gather([*others, *inside]) if others or inside or not audits else None
    return cited(material, [one for path in audits for one in _of_audit(path)])


def cited(material: Material | None, more: Iterable[tuple[str, tuple[str, ...]]] = ()) -> Citation:
    """Every method that runs and attacks used, in the order in which they come.

    A row without keys is nobody's publication: the plain head, say, or the user's own pictures.

    Args:
        material: runs and attacks.
        more: what else was used, and its keys.
    """
    used: dict[str, list[str]] = {key: [] for key in ALWAYS}
    for what, keys in more:
        _add(used, what, keys)
    for run in material.runs.values() if material else ():
        for what, keys in _of_run(run):
            _add(used, what, keys)
    for attack in material.attacks.values() if material else ():
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


def _audited(audit: Path) -> Path | None:
    """The attack of the audit, which names its run; else the run; None of a model of one's own."""
    attack = audit / CLASS_LEVEL
    if (attack / "attack.json").is_file():
        return attack
    model = Path(AuditFolder.open(audit, "PATH").config().path)
    return model if (model / "split.json").is_file() else None


def _of_audit(audit: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    for release in AuditFolder.open(audit, "PATH").read(NUMBERS)["releases"]:
        for ends in release["intervals"].values():
            bound = ends["lower_by"]
            yield f"lower end {bound}", BOUNDS.get(bound, ())


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
