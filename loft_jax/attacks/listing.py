"""The recipe table as a person reads it."""

from rich.text import Text

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
            ("here", recipe.scaled),
            ("not followed", recipe.public_code),
        ):
            if text:
                told.append(f"    {what}: {text}\n")
    told.rstrip()
    return told
