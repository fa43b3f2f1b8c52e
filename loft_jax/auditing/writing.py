"""What was found, as audit.json and as a page."""

import shlex
from typing import Any, NamedTuple

import numpy as np

from loft_jax.attacks.folder import AttackFolder
from loft_jax.auditing.closing import closing_table
from loft_jax.auditing.drawing import intervals
from loft_jax.auditing.folder import CLASS_LEVEL, NUMBERS, PAGE, AuditFolder, Shown
from loft_jax.auditing.instance import SHOWN, as_bytes
from loft_jax.auditing.limits import Limit, Span, Verdict, exit_code, limit_named, share_found
from loft_jax.auditing.model import is_named
from loft_jax.auditing.page import page
from loft_jax.auditing.ready import Ready
from loft_jax.auditing.sentence import sentence
from loft_jax.auditing.settings import AuditConfig
from loft_jax.data.sources import source_of
from loft_jax.runs.environment import environment
from loft_jax.runs.files import write_bytes
from loft_jax.runs.session import Result, Session


class Found(NamedTuple):
    """What was measured.

    Attributes:
        ready: of what.
        told: of the pictures.
        releases: records for audit.json, one or more.
        ranks: of slopes by the pixels, place by place.
        classes: of the class level; None where it was not measured.
        left_out: what was not measured, a sentence each.
        shown: test pictures and what is made of each release.
    """

    ready: Ready
    told: str
    releases: list[dict[str, Any]]
    ranks: list[dict[str, Any]]
    classes: dict[str, Any] | None
    left_out: list[str]
    shown: dict[str, Shown]


def written(config: AuditConfig, found: Found, folder: AuditFolder, session: Session) -> Result:
    """audit.json, then the page."""
    verdicts: dict[str, Verdict] = {
        text: verdict(limit_named(text), found) for text in config.limit
    }
    model = found.ready.model
    numbers = {
        "model": model.target.label,
        "data": found.ready.source.name,
        "material": found.told,
        "sentence": sentence(found.releases, found.classes),
        "releases": found.releases,
        "class_level": found.classes,
        "ranks": found.ranks,
        "notes": notes(found),
        "not_measured": found.left_out,
        "limits": [{"limit": text, "verdict": said} for text, said in verdicts.items()],
        "exit_code": exit_code(list(verdicts.values())),
        "queries": model.target.queries,
        "seconds_total": session.seconds,
        "environment": environment(),
    }
    folder.write(NUMBERS, numbers)
    made = page(
        numbers,
        found.shown,
        _people(found, folder),
        [command(config)],
        lambda: intervals(found.releases),
    )
    write_bytes(folder.path / PAGE, made.encode())
    return Result(
        folder.path, numbers, closing_table(numbers, folder.path, named=is_named(config.path))
    )


def verdict(limit: Limit, found: Found) -> Verdict:
    """Whether all releases, or the attack on classes, stay below a limit."""
    if limit.unit in ("retrieval", "verified"):
        measures = {} if found.classes is None else found.classes["measures"]
        return limit.verdict([_span(share_found(measures, limit.unit))])
    return limit.verdict([leakage(one, limit.unit) for one in found.releases])


def leakage(release: dict[str, Any], unit: str) -> Span:
    """What one release gives away at least and at most: decibels, or the share that is known."""
    if unit == "psnr":
        told = release["intervals"]["picture"]["psnr"]
        most = np.inf if told["most"] is None else told["most"]
        return Span(np.inf if told["reached"] is None else told["reached"], most)
    return Span(1 - release["upper"], 1 - release["lower"])


def _span(measure: list[float | None] | None) -> Span | None:
    if measure is None or measure[1] is None or measure[2] is None:
        return None
    return Span(measure[1], measure[2])


def notes(found: Found) -> list[str]:
    """What a reader of the numbers should know."""
    said = list(found.ready.model.remarks)
    for one in found.releases:
        crossed = [name for name, ends in one["intervals"].items() if ends["lower"] > ends["upper"]]
        if crossed:
            said.append(
                f"the ends of {one['release']} contradict each other ({', '.join(crossed)}): an "
                "assumption fails, or one of twenty limits was wrong"
            )
    return said


def command(config: AuditConfig) -> str:
    """`python -m loft_jax.audit ...`, or of an object the call, with what is no default."""
    silent = AuditConfig()
    given: dict[str, Any] = {}
    for name in (
        "data", "release", "noise", "bits", "queries", "samples", "layers", "class_attack",
        "classes", "evaluators", "limit", "minutes", "seed", "quick",
    ):  # fmt: skip
        value = getattr(config, name)
        if value != getattr(silent, name):
            given[name] = list(value) if isinstance(value, tuple) else value
    if not is_named(config.path):
        told = ", ".join(["MODEL", *(f"{name}={value!r}" for name, value in given.items())])
        return f"loft_jax.audit({told})  # MODEL: {config.path}"
    flags: list[str] = []
    for name, value in given.items():
        flag = f"--{name.replace('_', '-')}"
        values = value if isinstance(value, list) else [value]
        flags += [flag] if value is True else [flag, *map(str, values)]
    return shlex.join(["python", "-m", "loft_jax.audit", config.path, *flags])


def _people(found: Found, folder: AuditFolder) -> dict[str, Shown]:
    """What the attack on classes found, and its lookalikes; drawn people themselves above."""
    if found.classes is None:
        return {}
    stored = AttackFolder.open(folder.path / CLASS_LEVEL).found()
    rows = {
        "found by the attack": stored["images"][:SHOWN, 0],
        **({"without a search": stored["lookalikes"][:SHOWN, 0]} if "lookalikes" in stored else {}),
    }
    run = found.ready.run
    assert run is not None
    config, shape = run.config(), run.description()
    maker = source_of(config.data.data).law
    if maker is None:
        return rows
    law = maker(shape.size, shape.channels, config.data_seed, "private")
    labels = stored["labels"][:SHOWN]
    real = as_bytes(np.asarray(law.decode(law.latents(labels, np.zeros_like(labels)))))
    return {"person of the class": real, **rows}
