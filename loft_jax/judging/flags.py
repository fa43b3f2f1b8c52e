"""Flags of `python -m loft_jax.attack`: the attack's settings and those of its judges."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from loft_jax.attacks.folder import JUDGES, AttackFolder
from loft_jax.attacks.settings import AttackConfig, quick
from loft_jax.attacks.variant import names_file
from loft_jax.data.sources import absolute_data
from loft_jax.fitting.flags import contradiction
from loft_jax.judging.settings import JudgeConfig, Judges
from loft_jax.priors.table import PRIORS
from loft_jax.runs import schema


@dataclass(frozen=True)
class AttackFlags:
    """One attack, judged where that is possible."""

    search: AttackConfig = field(default_factory=AttackConfig)
    judges: Judges = field(default_factory=Judges)


def begun(flags: AttackFlags) -> AttackFlags:
    """The settings of a new attack: smaller for --quick, with paths that hold from anywhere."""
    search = quick(flags.search) if flags.search.quick else flags.search
    return absolute(dataclasses.replace(flags, search=search))


def absolute(flags: AttackFlags) -> AttackFlags:
    """The same with paths that hold from anywhere."""
    search, prior = flags.search, flags.search.prior
    if prior is not None and prior not in PRIORS:
        prior = _absolute(prior)
    attack = _absolute(search.attack) if names_file(search.attack) else search.attack
    search = dataclasses.replace(search, path=_absolute(search.path), prior=prior, attack=attack)
    return AttackFlags(search, _absolute_judges(flags.judges))


def absolute_judge(config: JudgeConfig) -> JudgeConfig:
    """The same, with paths that hold from anywhere."""
    judges = _absolute_judges(config.judges)
    return dataclasses.replace(config, path=_absolute(config.path), judges=judges)


def continued(path: str, parsed: Callable[[AttackFlags], AttackFlags]) -> AttackFlags:
    """The settings of the attack that goes on, with where and on what it goes on from the flags.

    Args:
        path: of `--resume`.
        parsed: gives the flags, with what none names as in its argument.

    Raises:
        InputError: if a flag contradicts the attack.
    """
    folder = AttackFolder.open(path, "--resume")
    judges = Judges()
    if JUDGES in folder:
        judges = schema.read(Judges, folder.read(JUDGES), str(folder.path / JUDGES))
    own = AttackFlags(folder.config(), judges)
    asked = absolute(parsed(own))
    contradiction(own, asked, positional="RUN")
    return asked


def _absolute_judges(judges: Judges) -> Judges:
    return dataclasses.replace(
        judges,
        evaluators=tuple(map(_absolute, judges.evaluators)),
        features=judges.features and _absolute(judges.features),
        data=judges.data and absolute_data(judges.data),
        strangers=judges.strangers and absolute_data(judges.strangers),
    )


def _absolute(path: str) -> str:
    return path and str(Path(path).expanduser().absolute())
