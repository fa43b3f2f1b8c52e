"""An audit from settings to its page: what `python -m loft_jax.audit` does."""

import shlex
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from loft_jax.auditing.bench import Bench, bench_for
from loft_jax.auditing.class_level import class_level, is_judged, seconds_needed
from loft_jax.auditing.folder import CLASS_LEVEL, INSTANCE, AuditFolder, Shown
from loft_jax.auditing.instance import SHOWN, as_bytes, measured
from loft_jax.auditing.ranks import ranks
from loft_jax.auditing.ready import Ready, check, ready
from loft_jax.auditing.settings import AuditConfig
from loft_jax.auditing.writing import Found, written
from loft_jax.fitting.progress import reading
from loft_jax.runs import schema
from loft_jax.runs.interrupt import Interrupt, Stopped
from loft_jax.runs.session import Result, Session, begin, ordinary_numbers
from loft_jax.runs.settings import RunConfig
from loft_jax.targets.base import Target

PICTURES = "pictures"
"""Part with the test pictures themselves."""
RANKS = "ranks"
"""Part with the ranks of slopes."""


@ordinary_numbers()
def audit(
    config: AuditConfig, *, target: Target | None = None, started: float | None = None
) -> Result:
    """Measure what a model's answers and weights give away.

    Args:
        config: what is asked for; with `resume`, the audit's own settings and its place.
        target: audited instead of the model that `config` names.
        started: `time.perf_counter()` at process start.

    Raises:
        InputError: if model, pictures, releases or folder are not as they must be.
        DivergenceError: if a decoder does not learn.
        Stopped: if a signal came; finished parts are saved.
    """
    check(config, target)
    going = None if config.resume is None else AuditFolder.open(config.resume, "--resume")
    with Interrupt() as interrupt:
        run = RunConfig(device=config.device, cache=config.cache)
        session = begin(run, started=started)
        with reading(session.out) as progress:
            found = ready(config, target, progress)
        instance = found.instance()
        if going is not None:
            going.check_instance(instance)
        interrupt.check("the same command, from the start")
        folder = going or _created(config, found, instance)
        session.out.print(_introduced(config, found, folder))
        with folder.alone():
            return Job(config, found, folder, session, interrupt).result()


def _created(config: AuditConfig, found: Ready, instance: dict[str, Any]) -> AuditFolder:
    home = Path("runs") if found.run is None else found.run.path / "audits"
    return AuditFolder.create(
        config.out,
        f"audit-seed{config.seed}",
        home,
        config=schema.write(config),
        others={INSTANCE: instance},
    )


def _introduced(config: AuditConfig, found: Ready, folder: AuditFolder) -> str:
    listed = "; ".join(one.label for one in found.channels)
    return (
        f"audit of {found.model.target.label} on {found.source.name}, at most "
        f"{config.minutes:g} minutes -> {folder.path}\nreleases: {listed}"
    )


@dataclass
class Job:
    """The parts of one audit, from what is there to what is missing.

    Attributes:
        config: what was asked.
        ready: what is audited.
        folder: where.
        session: of the process.
        interrupt: heeded between parts.
        left_out: what was not measured, a sentence each.
    """

    config: AuditConfig
    ready: Ready
    folder: AuditFolder
    session: Session
    interrupt: Interrupt
    left_out: list[str] = field(default_factory=list)

    def result(self) -> Result:
        """Measure what is missing, then write."""
        told, originals = self._originals()
        releases, shown = self._releases()
        slopes = self._ranks()
        classes = self._classes()
        found = Found(
            self.ready, told, releases, slopes, classes, self.left_out,
            {"test picture": originals, **shown} if originals is not None and self._shows else {},
        )  # fmt: skip
        return written(self.config, found, self.folder, self.session)

    @cached_property
    def bench(self) -> Bench:
        """Pictures and answers, made when the first part that is missing wants them."""
        with reading(self.session.out) as progress:
            made = bench_for(self.config, self.ready, progress)
        self._heed()
        return made

    @property
    def _shows(self) -> bool:
        return self.ready.source.shown or self.config.show_private

    def _originals(self) -> tuple[str, Shown | None]:
        kept = self.folder.read_part(PICTURES)
        if kept is None or (self._shows and kept[1] is None):
            material = self.bench.material
            pictures = as_bytes(material.held.pictures[:SHOWN]) if self._shows else None
            self.folder.write_part(PICTURES, {"told": material.told}, pictures)
            kept = {"told": material.told}, pictures
        return kept[0]["told"], kept[1]

    def _releases(self) -> tuple[list[dict[str, Any]], dict[str, Shown]]:
        """What audit.json says of each, and pictures that may be shown."""
        records, shown = [], {}
        for channel in self.ready.channels:
            kept = self.folder.read_part(channel.label)
            if kept is None or (self._shows and kept[1] is None):
                if records and self._spent(0.0):
                    self.left_out.append(f"{channel.label}: {self._no_minutes}")
                    continue
                self._heed()
                made = measured(channel, self.bench)
                kept = made.record, made.pictures if self._shows else None
                self.folder.write_part(channel.label, *kept)
                self.session.out.print(_told(made.record))
            record = {name: value for name, value in kept[0].items() if name != "shown"}
            records.append(record)
            if kept[1] is not None:
                shown[channel.label] = kept[1]
        return records, shown

    def _ranks(self) -> list[dict[str, Any]]:
        """Ranks of the model's slopes by the pixels."""
        kept = self.folder.read_part(RANKS)
        if kept is None:
            if self._spent(0.0):
                self.left_out.append(f"ranks of slopes: {self._no_minutes}")
                return []
            self._heed()
            pictures = self.bench.material.held.pictures
            found = ranks(self.ready.model.target, pictures, layers=self.config.layers)
            self.folder.write_part(RANKS, {"ranks": found}, None)
            return found
        return kept[0]["ranks"]

    def _classes(self) -> dict[str, Any] | None:
        """What audit.json says of the class level; None where it was not measured."""
        run, place = self.ready.run, self.folder.path / CLASS_LEVEL
        why = None
        if self.config.class_attack == "none":
            why = "it was left out (--class-attack none)"
        elif run is None:
            why = "the model is no run folder; loft_jax.attack(target) in Python attacks it"
        elif not is_judged(place) and self._spent(seconds_needed(run, self.config.evaluators)):
            why = f"with judges it takes longer, and {self._no_minutes}"
        if why is not None or run is None:
            self.left_out.append(f"what the weights tell of a person: {why}")
            return None
        self._heed()
        try:
            found = class_level(self.config, run, place)
        except Stopped as stop:
            raise Stopped(stop.signal, self._go_on) from stop
        if isinstance(found, str):
            self.left_out.append(found)
            return None
        return found

    def _spent(self, more: float) -> bool:
        return self.session.seconds + more > 60 * self.config.minutes

    @property
    def _no_minutes(self) -> str:
        return f"{self.config.minutes:g} minutes (--minutes) are spent"

    @property
    def _go_on(self) -> str:
        return f"python -m loft_jax.audit --resume {shlex.quote(str(self.folder.path))}"

    def _heed(self) -> None:
        self.interrupt.check(self._go_on)


def _told(record: dict[str, Any]) -> str:
    return (
        f"{record['release']}: of {record['of']} {record['lower']:.3f} to {record['upper']:.3f} "
        "stays unknown"
    )
