"""The page of an audit: one HTML file that loads nothing."""

import base64
import io
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from loft_jax.auditing.closing import MEASURES, SAID, control_of, decibels
from loft_jax.auditing.limits import RULE
from loft_jax.auditing.sentence import percent
from loft_jax.runs.drawing import plain_style
from loft_jax.runs.places import without_places

TEMPLATES = Path(__file__).parent / "templates"
Pictures = UInt8[np.ndarray, "_ h w ch"]


class Strip(NamedTuple):
    """A row of pictures.

    Attributes:
        name: what they are.
        uris: the pictures as data.
    """

    name: str
    uris: list[str]


def page(
    numbers: Mapping[str, Any],
    shown: Mapping[str, Pictures],
    people: Mapping[str, Pictures],
    commands: list[str],
    draw: Callable[[], bytes],
) -> str:
    """HTML of the audit.

    Args:
        numbers: audit.json.
        shown: rows of test pictures: the originals, then what is made of each release.
        people: rows of the attack on classes.
        commands: that repeat it.
        draw: the picture of the intervals.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=without_places,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    return environment.get_template("audit.html.j2").render(
        numbers=numbers,
        shown=_strips(shown),
        people=_strips(people),
        commands=commands,
        drawing=_drawn(draw),
        measures=MEASURES,
        control_of=control_of,
        decibels=decibels,
        rule=RULE,
        said=SAID,
    )


def _strips(rows: Mapping[str, Pictures]) -> list[Strip]:
    return [Strip(name, [_picture(one) for one in pictures]) for name, pictures in rows.items()]


def _picture(pixels: UInt8[np.ndarray, "h w ch"]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(buffer, "PNG")
    return _uri(buffer.getvalue())


def _drawn(draw: Callable[[], bytes]) -> str | None:
    """The figure; None, told, where it cannot be drawn: the numbers are in a table, too."""
    try:
        with plain_style():
            return _uri(draw())
    except Exception as error:  # matplotlib and its fonts fail in many ways
        said = " ".join(str(error).split())[:200] or type(error).__name__
        warnings.warn(f"a figure could not be drawn: {said}", stacklevel=2)
        return None


def _uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()
