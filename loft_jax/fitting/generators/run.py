"""One prior, judged and with its folder: fit what is missing, measure, write, tell."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from jax.sharding import Mesh

from loft_jax.data.settings import AugmentConfig
from loft_jax.defenses.released import answering
from loft_jax.errors import SaveError
from loft_jax.fitting.checkpoint import Checkpoints, History
from loft_jax.fitting.fitted_folder import RESULT
from loft_jax.fitting.generators.closing import closing_table, row_line
from loft_jax.fitting.generators.folder import SAMPLES, PriorFolder
from loft_jax.fitting.generators.grid import SIDE, grid, png
from loft_jax.fitting.generators.material import Material
from loft_jax.fitting.generators.public import Public
from loft_jax.fitting.generators.quality import Ruler, quality, random_ruler
from loft_jax.fitting.generators.records import ToldPrior
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.generators.state import blueprint, prior_in
from loft_jax.fitting.generators.step import FitStep
from loft_jax.fitting.generators.task import GeneratorTask
from loft_jax.fitting.loop import fit
from loft_jax.fitting.progress import Bar
from loft_jax.fitting.state import TrainState
from loft_jax.fitting.trained import Trained
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.archive import load_gan, packed
from loft_jax.priors.gan import GanPrior
from loft_jax.priors.table import PRIORS
from loft_jax.runs import devices
from loft_jax.runs.drawing import draw
from loft_jax.runs.environment import peak_memory_bytes
from loft_jax.runs.files import write_bytes
from loft_jax.runs.folder import CONFIG
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, Session


@dataclass(frozen=True)
class PriorRun:
    """What the fitting of a prior is made of."""

    config: FitConfig
    folder: PriorFolder
    architecture: Architecture
    public: Public
    material: Material
    target: Trained | None
    mesh: Mesh
    session: Session
    interrupt: Interrupt

    def result(self) -> Result:
        """Fit what is missing, then measure; a finished prior is only told again."""
        self._introduce()
        folder = self.folder
        if RESULT in folder and folder.archive.is_file():
            self.session.out.print("this prior is finished already")
            if SAMPLES not in folder:
                self._draw(SAMPLES, lambda: load_gan(folder.path))
            return self._told(folder.read(RESULT, ToldPrior))
        state, history = self._fitted()
        numbers = {
            "prior": self.config.prior,
            "step": int(state.step),
            **history.rows[-1],
            **self._measured(state),
            "public_pictures": len(self.public.hashes),
            "questions": self._questions(),
            "seconds_compile": self.session.clock.seconds,
            "seconds_fit": history.seconds,
            "seconds_total": self.session.seconds,
            "peak_memory_bytes": peak_memory_bytes(),
        }
        self._check_there()
        folder.write(RESULT, numbers)
        self._show(state, history.rows)  # again: a kill may have come before it was done
        return self._told(numbers)

    def _introduce(self) -> None:
        config, public, made = self.config, self.public, self.architecture
        kind = "gray" if made.channels == 1 else "colour"
        cut = len(public.hashes) == config.first_pictures
        first = f", --first-pictures {config.first_pictures}" if cut else ""
        self.session.out.print(
            f"{config.data}{first}: {len(public.seen)} public pictures to learn from, "
            f"{len(public.kept)} kept for FID, {made.size} px, {kind}\n{config.prior} "
            f"({PRIORS[config.prior].source}), width {made.width}, {config.iterations} steps -> "
            f"{self.folder.path}"
        )

    def _fitted(self) -> tuple[TrainState, History]:
        """The state after all iterations that were missing."""
        config, out = self.config, self.session.out
        graphs, initialise = blueprint(self.architecture, config)
        checkpoints = Checkpoints(self.folder.checkpoints)
        if (latest := checkpoints.latest_step()) is None:
            state, history = devices.replicate(self.mesh, initialise()), History()
            public = self.folder.path / "public.png"
            draw(out, public, lambda: png(self.public.seen[: SIDE**2]))
        else:
            state, history = checkpoints.restore(latest, devices.abstract(self.mesh, initialise))
            out.print(f"continuing after step {latest}")
        views = self.target.config.augment if self.target else AugmentConfig()
        update = FitStep(self.architecture, config, graphs, views)
        classifier = self.target.classifier if self.target else None
        if self.target and config.row.answers == "label":  # who asks is shown what is let out
            classifier = answering(self.target.config.model.defense, self.target.classifier)
        task = GeneratorTask(config, self.material, classifier, update)
        bar = Bar(
            out,
            "fitting",
            steps=task.steps,
            done=int(state.step),
            pictures=config.batch * config.critic_updates,
            line=lambda row: row_line(row, task.steps),
            saved=self._show,
        )
        with bar as watch:
            state = fit(
                task, state, history, checkpoints=checkpoints, watch=watch,
                interrupt=self.interrupt, clock=self.session.clock,
            )  # fmt: skip
        place = shlex.quote(str(self.folder.path))
        self.interrupt.check(f"python -m loft_jax.fit_prior --resume {place}")
        return state, history

    def _show(self, state: TrainState, rows: list[dict[str, Any]]) -> None:
        """Write metrics.jsonl, samples.png and the step's own grid in samples/."""
        self._check_there()
        self.folder.write_metrics(rows)
        (self.folder.path / "samples").mkdir(exist_ok=True)
        for name in (f"samples/step_{int(state.step):06d}.png", SAMPLES):
            self._draw(name, lambda: prior_in(state, self.architecture))

    def _draw(self, name: str, prior: Callable[[], GanPrior]) -> None:
        draw(self.session.out, self.folder.path / name, lambda: grid(prior(), self.config.seed))

    def _measured(self, state: TrainState) -> dict[str, Any]:
        """Write prior.npz; the numbers of `quality`, and as `of_target` on a target's features."""
        prior, config = prior_in(state, self.architecture), self.config
        self._check_there()
        write_bytes(self.folder.archive, packed(prior, self.public.hashes))
        ruler = random_ruler(prior.size, prior.channels)
        against = partial(quality, prior, self.public.seen, self.public.kept)
        numbers = against(ruler, config.seed, config.batch)
        if self.target is not None:
            ruler = Ruler(f"target {self.target.folder.path}", self.target.classifier)
            numbers["of_target"] = against(ruler, config.seed, config.batch)
        return numbers

    def _questions(self) -> int:
        """Pictures that the target was asked about, at each update or once."""
        config = self.config
        if config.row.answers == "none":
            return 0
        if config.row.answers == "label":
            return config.iterations * config.critic_updates * config.batch
        return len(self.public.seen)

    def _check_there(self) -> None:
        if CONFIG not in self.folder:
            msg = f"the folder {self.folder.path} has gone while it was written to"
            raise SaveError(msg)

    def _told(self, numbers: dict[str, Any]) -> Result:
        return Result(self.folder.path, numbers, closing_table(numbers, self.folder.path))
