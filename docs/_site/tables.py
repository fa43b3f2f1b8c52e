"""The tables of attacks, defenses, trunks, priors, data and judges, as their rows tell them."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from loft_jax.attacks.recipes.base import Recipe
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.data.sources.table import SOURCES
from loft_jax.defenses.base import Defense
from loft_jax.defenses.table import DEFENSES
from loft_jax.judging.independent.table import RECOGNISERS
from loft_jax.nets.trunks.table import TRUNKS
from loft_jax.priors.table import PRIORS

MADE = "\nThis page is made from the rows of the table in the code when the site is built.\n"
LOOKED = 32
"""Side in pixels at which a trunk's features are counted."""


def pages() -> dict[str, str]:
    """The pages by name."""
    return {
        "table-attacks.md": _page("Table of attacks", _attacks()),
        "table-defenses.md": _page("Table of defenses", _defenses()),
        "table-parts.md": _page("Trunks, priors, data, judges", _parts()),
    }


def _attacks() -> Iterator[str]:
    yield "`python -m loft_jax.attack --list` prints the same. *Grade*: how near each form is to "
    yield "its paper; FAITHFUL has its objective, rule, order and numbers, SCALED other numbers, "
    yield "DEVIATES another objective, rule or order.\n"
    yield from _table(
        ("`--attack`", "what", "published", "needs", "prior", "grade", "`--published`"),
        (
            (
                f"[`{name}`](#{name})",
                row.title,
                _cited(row.source, row.cite),
                ", ".join(sorted(row.needed)),
                row.default_prior or "one that `fit_prior` trained",
                row.fidelity.grade if row.fidelity else "",
                row.original.fidelity.grade if row.original and row.original.fidelity else "",
            )
            for name, row in RECIPES.items()
        ),
    )
    for name, row in RECIPES.items():
        yield f"\n## {row.title} {{ #{name} }}\n"
        yield from _told(_recipe(row))


def _recipe(row: Recipe) -> Iterator[tuple[str, str]]:
    yield "Published", row.published
    for what, form in (("Here", row), ("With `--published`", row.original)):
        if form is not None and form.fidelity is not None:
            grade, how, weakens = form.fidelity
            yield what, "; ".join(filter(None, (grade, how, form.questions, f"weaker: {weakens}")))
    yield "Public code that is not followed", row.public_code


def _defenses() -> Iterator[str]:
    yield "`python -m loft_jax.train --list-defenses` prints the same. "
    yield "[What they are](defenses.md), [which to take](choose.md#a-defense).\n"
    yield from _table(
        ("`--defense`", "what", "published", "strength", "trains anew"),
        (
            (
                f"[`{name}`](#{name})",
                row.about.title,
                _cited(row.about.source, row.about.cite),
                row.strength_name,
                _training(row),
            )
            for name, row in DEFENSES.items()
        ),
    )
    for name, row in DEFENSES.items():
        yield f"\n## {row.about.title} {{ #{name} }}\n"
        yield from _told(_defense(row))


def _training(row: type[Defense]) -> str:
    if row.trains:
        return "yes"
    return "no: weights stay" if row.release is not Defense.release else "no: cuts a trained head"


def _defense(row: type[Defense]) -> Iterator[tuple[str, str]]:
    about = row.about
    yield "Changes", about.changes
    yield "Published", about.published
    yield "Here", about.ours
    yield "Public code that is not followed", about.not_followed
    fields = dataclasses.fields(row)
    yield "Settings", ", ".join(f"`{field.name}={field.default}`" for field in fields)


def _parts() -> Iterator[str]:
    yield "## Trunks\n"
    yield from _table(
        ("`--trunk`", f"features at {LOOKED} px", "smallest picture, px", "published"),
        (
            (f"`{name}`", str(row.features(LOOKED)), str(row.smallest), _cited("", row.cite))
            for name, row in TRUNKS.items()
        ),
    )
    yield "\n## Priors\n"
    yield from _table(
        ("`--prior`", "what", "published", "had by", "asks the target for"),
        (
            (
                f"`{name}`",
                row.title,
                _cited(row.source, row.cite),
                "`python -m loft_jax.fit_prior`" if row.fitted else "its name",
                row.fitted.answers if row.fitted else "none",
            )
            for name, row in PRIORS.items()
        ),
    )
    yield "\n## Data\n"
    yield from _table(
        ("source", "`--data`", "holds", "draws people who do not exist", "may be shown"),
        (
            (
                name,
                f"`{name}`" if row.recognises is None else "its file or folder",
                row.noun,
                "yes" if row.law else "no",
                "yes" if row.shown else "only with `--show-private`",
            )
            for name, row in SOURCES.items()
        ),
    )
    yield "\n## Independent judges\n"
    yield from _table(
        ("`--independent`", "what", "published"),
        ((f"`{name}`", row.title, _cited("", row.cite)) for name, row in RECOGNISERS.items()),
    )


def _page(title: str, lines: Iterable[str]) -> str:
    return f"# {title}\n{MADE}\n" + "\n".join(lines) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"


def _told(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for what, text in pairs:
        if text:
            yield f"*{what}*: {text.replace('<', '&lt;')}\n"


def _cited(source: str, keys: Sequence[str]) -> str:
    links = " ".join(f"[{key}](references.md#{key})" for key in keys)
    return " ".join(filter(None, (source, f"({links})" if source and links else links)))
