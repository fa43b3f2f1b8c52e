"""The recipe table as a person reads it."""

from loft_jax.attacks.recipes import RECIPES
from loft_jax.runs.session import console


def print_recipes() -> None:
    """Print every recipe: its name, source, prior, and how it differs from what was published."""
    out = console()
    for name, recipe in RECIPES.items():
        out.print(f"[bold]{name}[/]  {recipe.title}, {recipe.source}", highlight=False)
        for what, text in (
            ("prior", ", ".join(recipe.needs) or "any"),
            ("published", recipe.published),
            ("here", recipe.scaled),
            ("not followed", recipe.public_code),
        ):
            if not text:
                continue
            out.print(f"    {what}: {text}", highlight=False, markup=False)
