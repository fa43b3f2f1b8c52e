"""The recipe table as a person reads it."""

from collections.abc import Iterator

from rich.text import Text

from loft_jax.attacks.recipes.base import Recipe
from loft_jax.attacks.recipes.table import RECIPES


def listing() -> Text:
    """Every recipe: its name, source, needs, and how it differs from what was published."""
    told = Text()
    for name, recipe in RECIPES.items():
        told.append(name, style="bold")
        told.append(f"  {', '.join(filter(None, (recipe.title, recipe.source)))}\n")
        for what, text in (
            ("needs", ", ".join(sorted(recipe.needed))),
            ("prior", recipe.default_prior or "one that fit_prior trained"),
            ("published", recipe.published),
            *_forms(recipe),
            ("not followed", recipe.public_code),
        ):
            if text:
                told.append(f"    {what}: {text}\n")
    told.rstrip()
    return told


def _forms(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """How near each form is to the paper."""
    for what, form in (("here", recipe), ("--published", recipe.original)):
        if form is not None and form.fidelity is not None:
            grade, how, weakens = form.fidelity
            yield what, "; ".join(filter(None, (grade, how, form.questions, f"weaker: {weakens}")))
