"""A judgement from settings to numbers, and an attack that is judged at once."""

import dataclasses
import shlex
from typing import Any

from loft_jax.attacks.folder import JUDGES, NUMBERS, OUTCOMES, SEARCH, SHEET, AttackFolder
from loft_jax.attacks.recipes.strongest import Strongest
from loft_jax.attacks.session import begin_attack, prepared, search
from loft_jax.attacks.session import check as check_attack
from loft_jax.attacks.settings import AttackConfig
from loft_jax.errors import InputError
from loft_jax.judging.bench import bench_for
from loft_jax.judging.closing import closing_table
from loft_jax.judging.evaluators import check_evaluators, check_helpers
from loft_jax.judging.folder import JudgementFolder, begun
from loft_jax.judging.identity import BYTES as FIT_BYTES
from loft_jax.judging.identity import is_known
from loft_jax.judging.private import (
    PrivateData,
    check_strangers,
    is_there,
    private_of_run,
    private_of_target,
)
from loft_jax.judging.records import ToldJudgement
from loft_jax.judging.settings import JudgeConfig, Judges
from loft_jax.judging.strongest import TRIALS, searched
from loft_jax.priors import ImagePrior
from loft_jax.runs import schema
from loft_jax.runs.arrays import read_arrays
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, begin, ordinary_numbers
from loft_jax.runs.settings import RunConfig
from loft_jax.targets.base import Target


@ordinary_numbers()
def judge_attack(config: JudgeConfig, *, started: float | None = None) -> Result:
    """Judge a finished attack, anew if it was judged before.

    Args:
        config: what is asked for.
        started: `time.perf_counter()` at process start.

    Raises:
        InputError: if attack, pictures, judges or folder are not as they must be.
        Stopped: if a signal came; the attack is as it was.
    """
    schema.check(config)
    attack = AttackFolder.open(config.path, "ATTACK")
    asked = attack.config()
    if SEARCH not in attack:
        msg = f"`ATTACK` must be finished, got {config.path}; finish it with python -m "
        raise InputError(msg + f"loft_jax.attack --resume {shlex.quote(config.path)}")
    instance = attack.instance()
    out = attack if config.out is None else begun(config)
    with Interrupt() as interrupt:
        session = begin(RunConfig(device=config.device, cache=config.cache), started=started)
        private = _private(asked, instance, config.judges)
        check_strangers(instance["prior"], private.data)
        bench = bench_for(private, config.judges, instance["prior"], session, interrupt)
        out = out or JudgementFolder.create(config.out, "judgement", config=schema.write(config))
        with out.alone():
            return bench.judged(attack, out)


@ordinary_numbers()
def attack_and_judge(
    attack: AttackConfig,
    judges: Judges,
    *,
    target: Target | None = None,
    prior: ImagePrior | None = None,
    started: float | None = None,
) -> Result:
    """Attack, and judge what was found where the private pictures are; else say how to later.

    Args:
        attack: see `loft_jax.attacks.session.attack_classes`.
        judges: who judges.
        target: attacked instead of the run folder that `attack` names.
        prior: used instead of the one that `attack` names.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError, DivergenceError: see `attack_classes` and `judge_attack`.
        Stopped: if a signal came; finished chunks are saved.
    """
    check_attack(attack, target)
    schema.check(judges)
    if attack.quick and judges.independent == "auto":
        judges = dataclasses.replace(judges, independent="none")  # trains longer than a smoke takes
    there = _are_there(attack, judges, target)
    with Interrupt() as interrupt:
        session = begin_attack(attack, started)
        if attack.resume is not None and (whole := _judged_before(attack.resume)) is not None:
            session.out.print("this attack is finished and judged already")
            return whole
        if not there:
            session.out.print(
                "the private pictures are not there: nobody judges; python -m loft_jax.judge "
                "ATTACK --data PICTURES does so where they are"
            )
            return search(prepared(attack, target, prior), session, interrupt)
        request = prepared(attack, target, prior)
        private = _private(attack, request.instance(), judges)
        check_strangers(request.prior_name, private.data)
        check_evaluators(attack.path or None, judges.evaluators)
        bench = bench_for(private, judges, request.prior_name, session, interrupt)
        others = {JUDGES: schema.write(judges)}
        if isinstance(request.recipe, Strongest):
            request, others[TRIALS] = searched(request, bench)
        own = "law" in request.prior.offers
        fits = judges.identity and is_known(private.law, of_law=own) and not own
        found = search(
            request, session, interrupt,
            later=FIT_BYTES if fits else 0, others=others,
        )  # fmt: skip
        folder = AttackFolder.open(found.folder)
        with folder.alone():
            return bench.judged(folder, folder)


def _are_there(attack: AttackConfig, judges: Judges, target: Target | None) -> bool:
    """Whether somebody can judge: of a target that is no run, whether pictures are named."""
    if target is not None:
        return judges.data is not None
    return is_there(attack.path, judges.data)


def _private(attack: AttackConfig, instance: dict[str, Any], judges: Judges) -> PrivateData:
    check_helpers(instance.get("helpers", ()), judges.evaluators)
    if attack.path:
        return private_of_run(attack.path, judges.data)
    if judges.data is None:
        msg = "`--data` must name the target's pictures, which is no run folder, got none"
        raise InputError(msg)
    return private_of_target(instance, judges.data)


def _judged_before(path: str) -> Result | None:
    """The result of an attack of which nothing is missing, its picture neither, or damaged."""
    folder = AttackFolder.open(path, "--resume")
    if NUMBERS not in folder or SHEET not in folder:
        return None
    try:
        folder.found()
        read_arrays(folder.path / OUTCOMES)
        numbers = folder.read(NUMBERS, ToldJudgement)
        return Result(folder.path, numbers, closing_table(numbers, folder.path))
    except (InputError, LookupError, TypeError, ValueError, ArithmeticError):
        return None  # judged again, as one of an older version is
