"""An attacker who knows the defense: forms of any attack, joined with those of the target's own."""

from collections.abc import Mapping

from loft_jax.attacks.recipes.base import Recipe
from loft_jax.attacks.recipes.strongest import Strongest
from loft_jax.defenses.base import Adaptive
from loft_jax.errors import InputError

NONE = "none"
GENERIC: Mapping[str, Adaptive] = {
    name: Adaptive(identity=name) for name in ("cross-entropy", "logit", "max-margin", "poincare")
}
"""Forms that need no defense: the identity loss is another one, weighed as `losses.IDENTITY` says.
The gradient of a confident softmax vanishes, that of the logit or of a margin does not."""


def forms(own: Mapping[str, Adaptive]) -> Mapping[str, Adaptive]:
    """Every form by name: none, those of the target's defense, and the generic ones."""
    return {NONE: Adaptive(), **own, **GENERIC}


def form_named(name: str, own: Mapping[str, Adaptive]) -> Adaptive:
    """The form that `--adaptive` names.

    Args:
        name: of the form.
        own: forms of the target's defense.

    Raises:
        InputError: if there is none for this target.
    """
    known = forms(own)
    if name not in known:
        msg = f"`--adaptive` must be one of {', '.join(known)} for this target, got {name}"
        raise InputError(msg)
    return known[name]


def adapted(recipe: Recipe, name: str, own: Mapping[str, Adaptive]) -> Recipe:
    """The recipe with the identity loss of this form; the network is changed elsewhere.

    Raises:
        InputError: if there is no such form, or it is the recipe itself.
    """
    form = form_named(name, own)
    if name != NONE and (recipe.asks != "white") != (form.repeats > 1):
        able = ", ".join(useful(recipe, own))
        how = "only asks" if recipe.asks != "white" else "is given the weights"
        msg = f"`--adaptive` must be one of {able} for {recipe.title}, which {how}, got {name}"
        raise InputError(msg)
    if form.identity is None:
        return recipe
    changed = recipe.with_identity(form.identity)
    if changed == recipe:
        others = ", ".join(other for other in forms(own) if other != name)
        msg = (
            f"`--adaptive` must be one of {others} for {recipe.title}, whose identity loss is that "
            f"already, got {name}"
        )
        raise InputError(msg)
    return changed


def within_budget(
    recipe: Recipe, name: str, own: Mapping[str, Adaptive], queries: int | None, classes: int,
    steps: int | None,
) -> Recipe:  # fmt: skip
    """The recipe cut to a number of questions, of which a form may take several for each picture.

    Args:
        recipe: in this form.
        name: of the form.
        own: forms of the target's defense.
        queries: questions about each class; None sets no limit.
        classes: under attack.
        steps: that somebody asked for; None leaves as many as the questions allow.

    Raises:
        InputError: if they are too few, or the recipe is given the weights.
    """
    if queries is None:
        return recipe
    times = form_named(name, own).repeats
    try:
        return recipe.within(queries // times, classes, steps=steps)
    except InputError as error:
        if times == 1:
            raise
        msg = f"{error} for each of the {times} times that {name} asks"
        raise InputError(msg) from error


def useful(recipe: Recipe, own: Mapping[str, Adaptive]) -> tuple[str, ...]:
    """Names of the forms that make another attack of the recipe, none first."""
    if isinstance(recipe, Strongest):  # it tries them all itself
        return (NONE,)
    asking = recipe.asks != "white"
    own = {name: form for name, form in own.items() if asking == (form.repeats > 1)}
    if not recipe.identities:
        return (NONE, *(name for name, form in own.items() if form.identity is None))
    changed = {
        name: form.identity is None or recipe.with_identity(form.identity) != recipe
        for name, form in forms(own).items()
    }
    return tuple(name for name, other in changed.items() if other)
