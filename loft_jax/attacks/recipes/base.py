"""What a published attack is: what it needs, how it searches, and where it comes from.

A recipe is a frozen dataclass whose fields decide its numbers (texts, which do not, are marked
WHERE), and a row of `table.RECIPES`. It says how it searches by `start`; a plug-in that only asks
for labels looks like this::

    @dataclass(frozen=True, kw_only=True)
    class Climb(Recipe):
        steps: int = 50

        def start(self, setting):
            return _Climbing(setting, self.steps)  # a `Search` that calls `setting.target.ask`

    RECIPES["climb"] = Climb(title="Climb", source="...", needs=("label",), default_prior="pixels")
"""

import abc
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from jax.sharding import Mesh
from jaxtyping import Array, Key

from loft_jax.attacks.parts.averages import Average
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.search.base import Search
from loft_jax.errors import InputError
from loft_jax.priors import ImagePrior
from loft_jax.runs.schema import WHERE
from loft_jax.targets.base import Access, Network, Target

EFFORTS = frozenset(("steps", "candidates", "restarts"))
Grade = Literal["FAITHFUL", "SCALED", "DEVIATES"]


class Fidelity(NamedTuple):
    """How near a form of a recipe is to the paper.

    Attributes:
        grade: FAITHFUL has the paper's objective, update rule, order and numbers; SCALED other
            numbers (steps, rates, sizes); DEVIATES another objective, rule or order.
        how: what differs.
        weakens: whether that weakens the attack, and how that is known: begins with no, yes or
            not known.
    """

    grade: Grade
    how: str
    weakens: str


@dataclass(frozen=True, eq=False)
class Setting:
    """What a search is given.

    Attributes:
        target: what is attacked; label-only attacks ask it.
        networks: of a white target its network, in the adaptive form that was asked for, and after
            it the helpers'; of any other none.
        prior: where pictures come from.
        per_class: reconstructions to keep of each class.
        key: of all draws.
        mesh: devices.
    """

    target: Target
    networks: tuple[Network, ...]
    prior: ImagePrior
    per_class: int
    key: Key[Array, ""]
    mesh: Mesh


@dataclass(frozen=True, kw_only=True)
class Recipe(abc.ABC):
    """One attack, in the form that is the strongest here; `original` is the published one.

    Attributes:
        title: as it is known.
        source: where it was published.
        published: hyper-parameters as published.
        fidelity: how near this form is to them.
        original: the form that `--published` asks for: the paper's objective, update rule, order
            and numbers wherever the prior allows; None where this form is it.
        public_code: where code that others published reads differently, and is not followed.
        needs: what target and prior must offer (`Target.offers`, `ImagePrior.offers`).
        default_prior: what `--prior` is when left out; none where it must be trained first.
        fitted_prior: kind of prior that a sweep fits for it, where there is no default.
        helpers: number of distilled models that help the target.
        cite: keys of references.bib.
    """

    title: Annotated[str, WHERE]
    source: Annotated[str, WHERE]
    published: Annotated[str, WHERE] = ""
    fidelity: Annotated[Fidelity | None, WHERE] = None
    original: Annotated["Recipe | None", WHERE] = None
    public_code: Annotated[str, WHERE] = ""
    needs: Annotated[tuple[str, ...], WHERE] = ()
    default_prior: Annotated[str | None, WHERE] = "renderer"
    fitted_prior: Annotated[str | None, WHERE] = None
    helpers: int = 0
    cite: Annotated[tuple[str, ...], WHERE] = ()

    @abc.abstractmethod
    def start(self, setting: Setting) -> Search:
        """The search, bound to what it works on; scores candidates, if it has any."""

    @property
    def needed(self) -> frozenset[str]:
        """All that it needs, what follows from its settings included."""
        return frozenset(self.needs)

    @property
    def asks(self) -> Access:
        """What it is shown of a target, whatever that offers: no more than it needs."""
        if "gradients" in self.needed:
            return "white"
        return "scores" if "scores" in self.needed else "label"

    @property
    def questions(self) -> str:
        """How many pictures it asks about, in words; empty where nobody counts them."""
        return ""

    def form(self, *, published: bool) -> "Recipe":
        """This form, or the published one.

        Raises:
            InputError: if there is none: this form differs from the paper's in more than numbers.
        """
        if not published:
            return self
        if self.original is not None:
            return self.original
        if self.fidelity is not None and self.fidelity.grade == "DEVIATES":
            msg = (
                f"`--published` must be left out for {self.title}, of which only a form that "
                "deviates is here, got it"
            )
            raise InputError(msg)
        return self

    def with_views(self, change: Callable[[Transform], Transform]) -> "Recipe":
        """The recipe with every random view of its own changed; one without views stays."""
        return self

    def averaged(self, average: Average, *, flips: bool) -> "Recipe":
        """The recipe with AlignMI's average of the target's slope; see `parts.averages`.

        Raises:
            InputError: if it follows no slope.
        """
        if average == "none":
            return self
        msg = f"`--average` must be none for {self.title}, which follows no slope, got {average}"
        raise InputError(msg)

    @property
    def adjustable(self) -> frozenset[str]:
        """Which of `with_effort`'s numbers it has."""
        return EFFORTS & {field.name for field in dataclasses.fields(self)}

    def with_effort(
        self, steps: int | None, candidates: int | None, restarts: int | None = None
    ) -> "Recipe":
        """The recipe with another number of steps, candidates, restarts; None leaves its own.

        Raises:
            InputError: if it has no such number.
        """
        asked = {"steps": steps, "candidates": candidates, "restarts": restarts}
        given = {name: value for name, value in asked.items() if value is not None}
        for name, value in given.items():
            if name not in self.adjustable:
                msg = f"`--{name}` must be left out for {self.title}, which has none, got {value}"
                raise InputError(msg)
        return dataclasses.replace(self, **given)

    def within(self, queries: int, classes: int, *, steps: int | None) -> "Recipe":
        """The recipe cut to a number of questions; one that cannot be is stopped when they are out.

        Args:
            queries: pictures that it may ask of each class, a share of what all need included.
            classes: under attack.
            steps: that somebody asked for; None leaves as many as the questions allow.

        Raises:
            InputError: if it is given the weights, which no number of questions bounds.
        """
        if "gradients" in self.needed:
            msg = (
                f"`--queries` must be left out for {self.title}, which is given the weights, got "
                f"{queries}"
            )
            raise InputError(msg)
        return self

    def with_prior_weight(self, factor: float) -> "Recipe":
        """The recipe with what keeps pictures likely weighing so many times as much.

        Raises:
            InputError: if nothing does.
        """
        msg = (
            f"`--prior-weight` must be left out for {self.title}, which has no such term, got "
            f"{factor:g}"
        )
        raise InputError(msg)

    @property
    def identities(self) -> bool:
        """Whether it has an identity loss that adaptive attackers replace."""
        return False

    def with_identity(self, identity: str) -> "Recipe":
        """The recipe with this identity loss instead of its own.

        Raises:
            InputError: if it has none.
        """
        msg = f"`--adaptive` must be none for {self.title}, which has no identity loss"
        raise InputError(msg)
