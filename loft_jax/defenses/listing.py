"""The defense table as a person reads it."""

import dataclasses

from rich.text import Text

from loft_jax.defenses.table import DEFENSES


def listing() -> Text:
    """Every defense: its name and settings, source, what it changes, what was published."""
    told = Text()
    for name, row in DEFENSES.items():
        about = row.about
        told.append(name, style="bold")
        told.append(f"  {', '.join(filter(None, (about.title, about.source)))}\n")
        settings = ", ".join(f"{field.name} {field.default}" for field in dataclasses.fields(row))
        for what, text in (
            ("settings", settings),
            ("changes", about.changes),
            ("published", about.published),
            ("here", about.ours),
            ("not followed", about.not_followed),
        ):
            if text:
                told.append(f"    {what}: {text}\n")
    told.rstrip()
    return told
