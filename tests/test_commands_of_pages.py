"""Every command that README and pages tell a reader to type has the flags that it is given."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from iie.__main__ import _parser
from loft_jax import COMMANDS, cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINE = re.compile(r"python -m ((?:loft_jax|iie)[. ]\w+[^`|\n]*)")
STANDS_FOR = {"N": "10", "V": "0.1"}


class Read(Exception):
    """The flags were understood."""


def lines(page):
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = "\n".join(re.findall(r"^    .*$", text, re.MULTILINE))
    spans = "\n".join(re.findall(r"`(python -m [^`]+)`", text))
    for found in LINE.findall(f"{blocks}\n{spans}"):
        line = found.partition("&&")[0].partition(" #")[0]
        words = [STANDS_FOR.get(word, word) for word in shlex.split(line)]
        name = "fig1" if words[0] == "loft_jax.reproduce" else "ppa"
        yield [name if word == "NAME" else word for word in words]


TYPED = {" ".join(words): words for page in PAGES for words in lines(page)}


def test_commands_are_found():
    assert len(TYPED) > 40


@pytest.mark.parametrize("typed", sorted(TYPED))
def test_a_command_of_a_page_is_understood(typed, monkeypatch):
    head, *words = TYPED[typed]
    if head == "iie":
        _parser().parse_args(words)
        return
    name = head.removeprefix("loft_jax.")
    assert name in COMMANDS
    understood = cli.parse

    def read(*given, **more):
        understood(*given, **more)
        raise Read

    monkeypatch.setattr(cli, "parse", read)
    if {"--list", "--list-defenses"} & {*words}:
        assert import_module(head).main(words) == 0
        return
    with pytest.raises(Read):
        import_module(head).main(words)
