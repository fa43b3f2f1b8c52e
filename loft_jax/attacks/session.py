"""An attack from settings to reconstructions: target, prior and classes in, no private picture.

What reconstructions are worth is another job: `loft_jax.judging.session`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loft_jax.attacks.folder import SEARCH, AttackFolder
from loft_jax.attacks.job import Job, told
from loft_jax.attacks.records import ToldSearch
from loft_jax.attacks.request import Request, content_of, request_for
from loft_jax.attacks.settings import AttackConfig, attacked_classes
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.priors import ImagePrior
from loft_jax.runs import devices, schema
from loft_jax.runs.folder import check_free
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, Session, begin, ordinary_numbers
from loft_jax.runs.settings import RunConfig
from loft_jax.targets.base import Target
from loft_jax.targets.run import load_run


@ordinary_numbers()
def attack_classes(
    config: AttackConfig,
    *,
    target: Target | None = None,
    prior: ImagePrior | None = None,
    started: float | None = None,
) -> Result:
    """Reconstruct members of a target's classes.

    Args:
        config: what is asked for; with `resume`, the attack's own settings and its place.
        target: attacked instead of the run folder that `config` names.
        prior: used instead of the one that `config` names.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError: if run, recipe, prior, classes or folder are not as they must be.
        DivergenceError: if the objective is not finite.
        Stopped: if a signal came; finished chunks are saved.
    """
    check(config, target)
    with Interrupt() as interrupt:
        session = begin_attack(config, started)
        return search(prepared(config, target, prior), session, interrupt)


def check(config: AttackConfig, target: Target | None = None) -> None:
    """Check all that can be judged before JAX starts.

    Raises:
        InputError: naming the flag, what is allowed and what came.
    """
    schema.check(config)
    if target is None:
        if not config.path:
            msg = "`RUN` must be a run folder of python -m loft_jax.train, got none"
            raise InputError(msg)
        run = RunFolder.open(config.path)
        training = run.config()
        content_of(config, training.model.defense, schema.write(training.augment))
        attacked_classes(config, run.description().classes)
    if config.resume is not None:
        AttackFolder.open(config.resume, "--resume").config()
    elif config.out is not None:
        check_free(Path(config.out))  # long before it is made: evaluators may be trained first


def begin_attack(config: AttackConfig, started: float | None) -> Session:
    """The process, prepared for an attack."""
    return begin(RunConfig(device=config.device, cache=config.cache), started=started)


def prepared(config: AttackConfig, target: Target | None, prior: ImagePrior | None) -> Request:
    """The request, with target and prior loaded, in a session that has begun.

    Args:
        config: checked by `check`.
        target: see `attack_classes`.
        prior: see `attack_classes`.

    Raises:
        InputError: see `request_for`.
    """
    mesh = devices.data_mesh()
    if target is None:
        target = load_run(config.path, mesh, access=config.access, seed=config.seed)
    return request_for(config, target, mesh, prior)


def search(
    request: Request,
    session: Session,
    interrupt: Interrupt,
    *,
    later: int = 0,
    others: Mapping[str, dict[str, Any]] | None = None,
) -> Result:
    """Make what was asked for, or what is missing of it.

    Args:
        request: what was asked.
        session: of the job.
        interrupt: heeded between segments of steps.
        later: bytes that what follows in this process needs beyond its own.
        others: further JSON files of the new folder, by name.
    """
    config = request.config
    going = AttackFolder.open(config.resume, "--resume") if config.resume else None
    if going is not None and _finished(going):
        session.out.print("this attack is finished already")
        return told(going, going.read(SEARCH, ToldSearch))
    return Job(request, session, interrupt, later, others or {}).result(going)


def _finished(folder: AttackFolder) -> bool:
    """Whether all is there and whole; what is damaged is made again from the chunks."""
    try:
        folder.found()
    except InputError:
        return False
    return SEARCH in folder
