"""Fitting a prior from settings to closing table: what `python -m loft_jax.fit_prior` does."""

from pathlib import Path

import jax
from jax.sharding import AxisType, Mesh

from loft_jax.errors import InputError
from loft_jax.fitting.generators.folder import PUBLIC, TARGET, PriorFolder
from loft_jax.fitting.generators.material import material
from loft_jax.fitting.generators.public import Public, public_pictures
from loft_jax.fitting.generators.run import PriorRun
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.progress import reading
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.priors.architecture import Architecture
from loft_jax.runs import arrays, schema
from loft_jax.runs.environment import environment
from loft_jax.runs.folder import check_free
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, begin, ordinary_numbers


@ordinary_numbers()
def fit_generator(config: FitConfig, *, started: float | None = None) -> Result:
    """Fit, or continue fitting, one prior.

    Everything is judged before the folder is made, so that what is refused leaves nothing behind.

    Args:
        config: what is asked for; with `resume`, the folder's own settings and its place.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError, SaveError, DivergenceError: see `loft_jax.errors`.
        Stopped: if a signal came; all is saved.
    """
    schema.check(config)
    going = None
    if config.resume is not None:
        going = PriorFolder.open(config.resume, "--resume")
    elif config.out is not None:
        check_free(Path(config.out))
    with Interrupt() as interrupt:
        session = begin(config.run, started=started)
        mesh = _one_device()
        target = load_trained(config.target, mesh, "--target") if config.target else None
        with reading(session.out) as progress:
            public = public_pictures(config, target, progress, session.out.print)
        architecture = _architecture(config, public, target)
        classifier = target.classifier if target else None
        learnt = material(public.seen, config, classifier)
        if going is not None:
            _check_same(going, config, public, target)
        interrupt.check("the same command, from the start")
        folder = going or _created(config, public, target)
        with folder.alone():
            run = PriorRun(
                config, folder, architecture, public, learnt, target, mesh, session, interrupt
            )
            return run.result()


def _one_device() -> Mesh:
    # The networks are small, and every batch statistic stays that of the whole batch.
    return jax.make_mesh((1,), ("data",), (AxisType.Auto,), devices=jax.devices()[:1])


def _architecture(config: FitConfig, public: Public, target: Trained | None) -> Architecture:
    answers = config.row.answers != "none"
    _, size, _, channels = public.seen.shape
    return Architecture(
        kind=config.prior,
        size=size,
        channels=channels,
        classes=target.pictures.classes if target and answers else 0,
        width=config.maps(size),
        latent_dim=config.row.latent_dim,
        spectral=config.game.spectral,
    ).check()


def _check_same(
    folder: PriorFolder, config: FitConfig, public: Public, target: Trained | None
) -> None:
    if TARGET not in folder:
        msg = f"`--resume` must be a prior that says in {TARGET} what it is fitted to, got "
        raise InputError(msg + f"{folder.path} of an earlier version")
    if folder.read(PUBLIC) != public.described(config.data):
        msg = f"`--data` must hold the pictures that {folder.path} began with, got others in "
        raise InputError(msg + config.data)
    if folder.read(TARGET) != _weights(target):
        msg = f"`--target` must be the classifier that {folder.path} began with, if any, got "
        raise InputError(msg + f"another: {config.target or 'none'}")


def _weights(target: Trained | None) -> dict[str, str | None]:
    """What target.json holds: a classifier is its weights, wherever it lies."""
    if target is None:
        return {"weights": None}
    return {"weights": arrays.fingerprint((target.classifier.params, target.classifier.stats))}


def _created(config: FitConfig, public: Public, target: Trained | None) -> PriorFolder:
    return PriorFolder.create(
        config.out,
        f"prior-{config.prior}-seed{config.seed}",
        config=schema.write(config),
        others={
            PUBLIC: public.described(config.data),
            TARGET: _weights(target),
            "environment.json": environment(),
        },
    )
