"""Where training begins: with fresh weights, or with those of another run."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh
from rich.console import Console

from loft_jax.data.dataset import Dataset
from loft_jax.errors import InputError
from loft_jax.fitting.pretraining import pretrained
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.state import TrainState
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.nets.description import Description
from loft_jax.nets.imported.arrays import Taken
from loft_jax.runs.identity import content
from loft_jax.runs.session import Result

FOLDER = "start"
"""Where in a run folder the run lies that it begins with, if it was trained for it."""


@dataclass(frozen=True)
class Start:
    """What a run begins with.

    Attributes:
        wanted: settings of the run whose weights its defense asks for; None asks for nothing.
        given: the run that `--start-from` names, loaded; None where it names none.
        mesh: devices.
        public: people that its trunk is trained on first; None where there are none.
        weights: what another library trained, as `--weights` has it; None where nothing is needed.
    """

    wanted: TrainConfig | None
    given: Trained | None
    mesh: Mesh
    public: Dataset | None = None
    weights: Taken | None = None

    @classmethod
    def of(cls, config: TrainConfig, pictures: Description, mesh: Mesh) -> "Start":
        """What a run of these settings begins with; a run that goes on needs no `--start-from`.

        Raises:
            InputError: if `--start-from` names no run that it can begin with.
        """
        defense = config.model.defense
        wanted = defense.start_from(config)
        if config.start_from is None or (defense.trains and config.run.resume is not None):
            return cls(wanted, None, mesh)
        given = load_trained(config.start_from, mesh, "--start-from")
        shapes = (given.pictures.size, given.pictures.channels)
        if not defense.trains and (
            content(given.config) != content(wanted) or given.pictures != pictures
        ):
            assert wanted is not None
            msg = f"`--start-from` must be the run that {defense.label} changes, "
            msg += f"{wanted.model.defense.label} with all other settings the same, "
            msg += f"got {config.start_from}"
            raise InputError(msg)
        if shapes != (pictures.size, pictures.channels):
            msg = (
                f"`--start-from` must be a run on pictures of {pictures.size} px with "
                f"{pictures.channels} channels, got {config.start_from} on {shapes[0]} px with "
                f"{shapes[1]}"
            )
            raise InputError(msg)
        return cls(wanted, given, mesh)

    @property
    def of_strangers(self) -> bool:
        """Whether it is a trunk trained on public people."""
        return self.given is None and self.wanted is None and self.public is not None

    @property
    def is_elsewhere(self) -> bool:
        """Whether it lies where it may be gone when the run goes on after a kill."""
        return self.given is not None or self.weights is not None

    def loaded(
        self, config: TrainConfig, folder: Path, out: Console, train: Callable[..., Result]
    ) -> Trained | None:
        """The run to begin with, trained in `folder` if nothing else is given.

        Args:
            config: of the run that begins.
            folder: of the run that begins.
            out: where it is told.
            train: trains a classifier.
        """
        if self.of_strangers:
            assert self.public is not None
            return load_trained(str(pretrained(config, self.public, out, train)), self.mesh)
        if self.given is not None or self.wanted is None:
            return self.given
        place = folder / FOLDER
        key = "resume" if place.exists() else "out"
        run = dataclasses.replace(self.wanted.run, **{"out": None, "resume": None, key: str(place)})
        out.print(f"training what it starts from, once -> {place}")
        train(dataclasses.replace(self.wanted, run=run))
        return load_trained(str(place), self.mesh)


def begun_with(
    state: TrainState, start: Trained, part: str | None = None
) -> tuple[TrainState, str]:
    """The state with the weights and statistics of another classifier, where shapes agree.

    Streams of random numbers stay its own.

    Args:
        state: of fresh weights.
        start: the other classifier.
        part: what alone is taken, such as trunk, if it knows other people; None takes all.

    Returns:
        It, and how many arrays were taken, as `12 of 14`.

    Raises:
        InputError: if none fits.
    """
    taken, total, states = 0, 0, []
    for own, other in (
        (state.params, start.classifier.params),
        (state.stats, start.classifier.stats),
    ):
        found, leaves = dict(nnx.to_flat_state(other)), []
        for path, variable in nnx.to_flat_state(own):
            own_alone = isinstance(variable, nnx.RngState) or part not in (None, path[0])
            given = None if own_alone else found.get(path)
            fits = given is not None and given.shape == variable.shape
            taken, total = taken + fits, total + 1
            # A copy: the step that follows takes the state's memory for itself.
            leaves.append((path, jax.tree.map(jnp.copy, given) if fits else variable))
        states.append(nnx.from_flat_state(leaves))
    if not taken:
        msg = "`--start-from` must be a run with weights of the same shapes, got "
        raise InputError(msg + f"{start.folder.path}, none of whose arrays fit")
    params, stats = states
    average = None if state.ema is None else jax.tree.map(jnp.copy, params)
    return state._replace(params=params, stats=stats, ema=average), f"{taken} of {total}"


def begun_with_weights(state: TrainState, weights: Taken) -> TrainState:
    """The state with another library's weights in its trunk; all else stays as it is.

    Args:
        state: of fresh weights.
        weights: for the trunk.
    """

    def filled(own: nnx.State) -> nnx.State:
        leaves = []
        for path, variable in nnx.to_flat_state(own):
            given = weights.arrays.get(tuple(map(str, path[1:]))) if path[0] == "trunk" else None
            leaves.append(
                (path, variable if given is None else variable.replace(jnp.asarray(given)))
            )
        return nnx.from_flat_state(leaves)

    params, stats = filled(state.params), filled(state.stats)
    average = None if state.ema is None else jax.tree.map(jnp.copy, params)
    return state._replace(params=params, stats=stats, ema=average)
