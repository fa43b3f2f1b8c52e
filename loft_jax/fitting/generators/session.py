"""Fitting a prior from settings to closing table: what `python -m loft_jax.fit_prior` does."""

import dataclasses
import signal
import time
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import AxisType, Mesh
from jaxtyping import UInt8, UInt64
from rich.console import Console
from rich.table import Table

from loft_jax.data.public import check_disjoint, load_public, picture_hashes
from loft_jax.data.sources import source_of
from loft_jax.errors import InputError
from loft_jax.fitting.checkpoint import Checkpoints
from loft_jax.fitting.generators.config import FORMAT, FitConfig, from_dict
from loft_jax.fitting.generators.grid import SIDE, grid, png
from loft_jax.fitting.generators.loop import History, Program, fit
from loft_jax.fitting.generators.material import held_out, material
from loft_jax.fitting.generators.progress import FittingProgress
from loft_jax.fitting.generators.quality import Ruler, quality, random_ruler
from loft_jax.fitting.generators.state import blueprint, prior_in
from loft_jax.fitting.generators.step import FitStep
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import EXIT_SIGNAL, load_data
from loft_jax.fitting.state import TrainState
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.priors.architecture import Architecture, check_side
from loft_jax.priors.archive import FILE, packed
from loft_jax.runs import devices
from loft_jax.runs.allocator import keep_freed_memory
from loft_jax.runs.compilation import CompileClock, keep_compiled_programs
from loft_jax.runs.environment import environment, peak_memory_bytes
from loft_jax.runs.files import write_bytes
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import console
from loft_jax.runs.settings import RunConfig


class Public(NamedTuple):
    """Public pictures: to learn from, kept for FID, and the hashes of all."""

    seen: UInt8[np.ndarray, "a h w ch"]
    kept: UInt8[np.ndarray, "b h w ch"]
    hashes: UInt64[np.ndarray, " n"]


def fit_run(config: FitConfig, *, started: float) -> int:
    """Fit, or continue fitting, one prior; returns the exit code.

    Args:
        config: what the command line asks for. With `resume` the folder's own settings count, and
            of this one only device and cache.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError, DivergenceError: see `loft_jax.errors`.
    """
    folder = RunFolder.open(config.resume) if config.resume else None
    if folder is not None:
        config = _resumed(config, folder)
    if config.cache:
        keep_compiled_programs()
    keep_freed_memory()
    devices.start(RunConfig(device=config.device))
    clock, out = CompileClock(), console()
    # One device: the networks are small, and every batch statistic stays that of the whole batch.
    mesh = jax.make_mesh((1,), ("data",), (AxisType.Auto,), devices=jax.devices()[:1])
    target = load_trained(config.target, mesh) if config.target else None
    public = _public(config, target)
    architecture = _architecture(config, public, target)
    if folder is None:
        folder = RunFolder.create(config.out, f"prior-{config.prior}-seed{config.seed}")
        folder.write("environment.json", environment())
        folder.write("public.json", _described(public))
        folder.write("config.json", {"format": FORMAT, **dataclasses.asdict(config)})
    elif source_of(config.data).law is None and folder.read("public.json") != _described(public):
        msg = f"`{config.data}` must hold the pictures that {folder.path} began with, got others"
        raise InputError(msg)
    _introduce(out, config, public, architecture, folder)
    session = _Session(config, folder, architecture, public, target, mesh, out)
    return session.run(clock, started)


class _Session(NamedTuple):
    config: FitConfig
    folder: RunFolder
    architecture: Architecture
    public: Public
    target: Trained | None
    mesh: Mesh
    out: Console

    def run(self, clock: CompileClock, started: float) -> int:
        """Fit, measure, write; returns the exit code."""
        config, folder = self.config, self.folder
        classifier = self.target.classifier if self.target else None
        graphs, initialise = blueprint(self.architecture, config)
        advance = FitStep(self.architecture, config, graphs)
        program = Program(
            config, material(self.public.seen, config, classifier), classifier, advance
        )
        checkpoints = Checkpoints(folder.checkpoints)
        like = devices.abstract(self.mesh, initialise)
        if (latest := checkpoints.latest_step()) is None:
            state, history = devices.replicate(self.mesh, initialise()), History()
            write_bytes(folder.path / "public.png", png(self.public.seen[: SIDE**2]))
        else:
            state, saved = checkpoints.restore(latest, like)
            history = History(**saved)
            self.out.print(f"continuing after step {latest}", highlight=False)
        before, compiled = time.perf_counter(), clock.seconds
        pictures = config.batch * config.critic_updates
        bar = FittingProgress(self.out, config.iterations, int(state.step), pictures)
        with Interrupt() as interrupt, bar as progress:
            state = fit(program, state, history, checkpoints, progress, interrupt, self.show)
        seconds = time.perf_counter() - before - (clock.seconds - compiled)
        checkpoints.close()
        if interrupt.signal is not None and int(state.step) < config.iterations:
            name = signal.Signals(interrupt.signal).name
            self.out.print(
                f"{name}: saved after step {int(state.step)} of {config.iterations}; go on with\n"
                f"  python -m loft_jax.fit_prior --resume {folder.path}",
                highlight=False,
            )
            return EXIT_SIGNAL + interrupt.signal
        measured = self.measure(state)
        result = {
            "prior": config.prior,
            "step": int(state.step),
            **history.rows[-1],
            **measured,
            "public_pictures": len(self.public.hashes),
            "seconds_compile": clock.seconds,
            "seconds_fit": seconds,
            "seconds_total": time.perf_counter() - started,
            "peak_memory_bytes": peak_memory_bytes(),
        }
        folder.write("result.json", result)
        self.out.print(_table(result, folder.path))
        return 0

    def show(self, state: TrainState, rows: list[dict[str, Any]]) -> None:
        """Write metrics.jsonl, samples.png and the step's own grid in samples/."""
        self.folder.write_metrics(rows)
        picture = grid(prior_in(state, self.architecture), self.config.seed)
        (self.folder.path / "samples").mkdir(exist_ok=True)
        write_bytes(self.folder.path / "samples" / f"step_{int(state.step):06d}.png", picture)
        write_bytes(self.folder.path / "samples.png", picture)

    def measure(self, state: TrainState) -> dict[str, Any]:
        """Write prior.npz; the numbers of `quality`."""
        prior = prior_in(state, self.architecture)
        write_bytes(self.folder.path / FILE, packed(prior, self.public.hashes))
        if self.target is None:
            ruler = random_ruler(prior.size, prior.channels)
        else:
            ruler = Ruler(f"target {self.target.folder.path}", self.target.classifier)
        seen, kept, config = self.public.seen, self.public.kept, self.config
        return quality(prior, seen, kept, ruler, config.seed, config.batch)


def _resumed(config: FitConfig, folder: RunFolder) -> FitConfig:
    old = from_dict(folder.read("config.json"))
    return dataclasses.replace(old, resume=config.resume, device=config.device, cache=config.cache)


def _public(config: FitConfig, target: Trained | None) -> Public:
    size, channels = config.size, config.channels
    if target is not None:
        for flag, asked, needed in (
            ("size", size, target.pictures.size),
            ("channels", channels, target.pictures.channels),
        ):
            if asked not in (None, needed):
                msg = f"`--{flag}` must be the target's {needed}, got {asked}"
                raise InputError(msg)
        size, channels = target.pictures.size, target.pictures.channels
    if size is not None:
        check_side(size)
    images = load_public(
        config.data, size=size, channels=channels, seed=config.seed, count=config.count
    )
    if len(images) < 16:
        msg = f"`--data` must hold at least 16 pictures, got {len(images)} in {config.data}"
        raise InputError(msg)
    hashes = picture_hashes(images)
    if target is not None:
        check_disjoint(hashes, picture_hashes(load_data(target.config).images))
    return Public(*held_out(images, config.seed), hashes)


def _architecture(config: FitConfig, public: Public, target: Trained | None) -> Architecture:
    classes = target.pictures.classes if target and config.recipe.needs_target else 0
    _, size, _, channels = public.seen.shape
    return Architecture(
        kind=config.prior,
        size=size,
        channels=channels,
        classes=classes,
        width=config.maps(size),
        latent_dim=config.recipe.latent_dim,
        spectral=config.adversary == "hinge",
    ).check()


def _described(public: Public) -> dict[str, Any]:
    digest = int(np.bitwise_xor.reduce(public.hashes))
    return {"pictures": len(public.hashes), "fingerprint": f"{digest:016x}"}


def _introduce(
    out: Console, config: FitConfig, public: Public, made: Architecture, folder: RunFolder
) -> None:
    kind = "gray" if made.channels == 1 else "colour"
    out.print(
        f"{config.data}: {len(public.seen)} public pictures to learn from, {len(public.kept)} kept "
        f"for FID, {made.size} px, {kind}\n{config.prior} ({config.recipe.source}), width "
        f"{made.width}, {config.iterations} steps -> {folder.path}",
        highlight=False,
    )


def _table(result: dict[str, Any], folder: Path) -> Table:
    table = Table(title=f"{folder}", title_justify="left", show_header=False, pad_edge=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("meaning", style="dim")
    n, features = result["fid_pictures"], result["fid_features"]
    if result["fid"] is None:
        table.add_row("FID", "none", result["fid_missing"])
    else:
        table.add_row("FID", f"{result['fid']:.3g}", f"{n} samples, features of {features}")
        floor = "of as many public pictures that it learnt from: the floor"
        table.add_row("FID of real ones", f"{result['fid_of_public']:.3g}", floor)
    table.add_row("spread", f"{result['spread']:.3f}", "over a batch of fakes, mean over pixels")
    for phase in ("compile", "fit", "total"):
        table.add_row(f"seconds, {phase}", f"{result[f'seconds_{phase}']:.1f}", "")
    memory = f"{result['peak_memory_bytes'] / 2**30:.2f} GiB"
    table.add_row("peak memory", memory, "of this process")
    table.add_row("look at", "samples.png", f"{folder / 'samples.png'}, beside it public.png")
    return table
