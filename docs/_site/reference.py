"""The reference: directives for mkdocstrings, grouped as the packages group themselves."""

import re
from importlib import import_module

import iie
import loft_jax
from loft_jax.reports.citing import bibliography

_GROUP = re.compile(r"^(\S.*)\n((?:    .*\n)+)", re.MULTILINE)
_NAMES = re.compile(r"^    (\w+(?:, \w+)*)", re.MULTILINE)
PROTOCOLS = {
    "What a defense may change": ("loft_jax.defenses.base.Defense", "loft_jax.defenses.base.About"),
    "What an attack is": (
        "loft_jax.attacks.recipes.base.Recipe",
        "loft_jax.attacks.recipes.base.Setting",
        "loft_jax.attacks.search.base.Search",
    ),
    "What is attacked": (
        "loft_jax.targets.base.Target",
        "loft_jax.targets.function.FunctionTarget",
        "loft_jax.targets.callback.CallbackTarget",
    ),
    "Trunks, priors, data, judges": (
        "loft_jax.nets.trunks.table.Trunk",
        "loft_jax.priors.row.Prior",
        "loft_jax.priors.base.ImagePrior",
        "loft_jax.data.sources.base.Source",
        "loft_jax.data.sources.base.Law",
        "loft_jax.judging.independent.row.Row",
    ),
    "Results, citations and errors": (
        "loft_jax.runs.session.Result",
        "loft_jax.reports.citing.Citation",
        "loft_jax.errors.InputError",
        "loft_jax.errors.SaveError",
        "loft_jax.errors.DivergenceError",
    ),
}
"""What whoever writes a row or calls a command from Python meets."""


def pages() -> dict[str, str]:
    """The pages by name."""
    return {
        "api-iie.md": _theory(),
        "api-loft_jax.md": _networks(),
        "references.md": _references(),
    }


def _theory() -> str:
    """Every public name under the heading that the package's docstring gives it."""
    assert iie.__doc__ is not None
    head, *_ = iie.__doc__.partition("\n\n")
    parts, left = [f"# iie\n\n{head}\n"], {*iie.__all__} - {"formula"}
    for title, block in _GROUP.findall(iie.__doc__):
        lines = _NAMES.findall(block)
        here = [name for line in lines for name in line.split(", ") if name in left]
        left -= {*here}
        parts += [f"## {title}\n", *(_directive(f"iie.{name}") for name in here)] if here else []
    parts += ["## Theorem 1 as functions of arrays\n", _directive("iie.formula")]
    if left:
        msg = f"the docstring of iie does not group {sorted(left)}"
        raise ValueError(msg)
    return "\n".join(parts)


def _networks() -> str:
    parts = [f"# loft_jax\n\n{loft_jax.__doc__}\n\n## Commands as functions\n"]
    for name in loft_jax.COMMANDS:
        module = import_module(f"loft_jax.{name}")
        told = str(module.__doc__).partition(": ")[2].splitlines()[0]
        parts.append(f"### loft_jax.{name}\n\n{told[:1].upper()}{told[1:]}\n")
        hidden = ("show_root_heading: false", "show_root_toc_entry: false")
        parts.append(_directive(f"loft_jax.{name}.run", *hidden))
    for title, names in PROTOCOLS.items():
        parts += [f"## {title}\n", *(_directive(name) for name in names)]
    return "\n".join(parts)


def _references() -> str:
    parts = ["# References\n\nWhat docstrings, tables and `python -m loft_jax.citation` name.\n"]
    parts += [f"### {key}\n\n```bibtex\n{entry}\n```\n" for key, entry in bibliography().items()]
    return "\n".join(parts)


def _directive(name: str, *options: str) -> str:
    lines = "".join(f"        {option}\n" for option in options)
    return f"::: {name}\n" + (f"    options:\n{lines}" if options else "")
