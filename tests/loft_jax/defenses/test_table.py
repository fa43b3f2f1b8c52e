"""Every row: what is told of it, its name there and back, and a network that it trains."""

import dataclasses
from typing import Literal, get_args, get_origin

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from defended import BATCH, PICTURES, batch, configuration, updated
from flax import nnx

from loft_jax.defenses.base import Defense
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.shortcuts import SSF, TTS, RoLSS
from loft_jax.defenses.table import DEFENSES, defense_named
from loft_jax.fitting.settings import ModelConfig
from loft_jax.fitting.state import blueprint
from loft_jax.fitting.step import train_step
from loft_jax.nets.head import LinearHead
from loft_jax.runs import schema
from loft_jax.runs.devices import data_mesh

ROWS = {tag: row for tag, row in DEFENSES.items() if row.__module__.startswith("loft_jax.defenses")}
SMALL = {"rank": 3}
"""Settings that fit a network of six features and four classes."""


def small(row):
    names = {field.name for field in dataclasses.fields(row)}
    return row(**{name: value for name, value in SMALL.items() if name in names})


@pytest.mark.parametrize("tag", ROWS)
def test_every_row_tells_title_source_changes_and_what_was_published(tag):
    about = ROWS[tag].about
    assert all((about.title, about.source, about.changes, about.published))
    assert ROWS[tag].tag == tag


def others(row):
    """Instances that differ from the default in one field each."""
    hints = schema.hints(row)
    for field in dataclasses.fields(row):
        hint, value = hints[field.name], field.default
        hint = get_args(hint)[0] if get_origin(hint) not in (None, Literal) else hint
        if get_origin(hint) is Literal:
            value = next(one for one in get_args(hint) if one != value)
        elif isinstance(value, bool):
            value = not value
        elif value is None:
            value = 5
        else:
            value = 5 if isinstance(value, int) else value / 2
        yield row(**{field.name: value})


@pytest.mark.parametrize("tag", ROWS)
def test_every_row_is_read_from_its_name_and_from_its_file(tag):
    row = ROWS[tag]
    for defense in (row(), *others(row)):
        assert defense_named(defense.spec) == defense
        written = schema.write(ModelConfig(defense=defense))
        assert schema.read(ModelConfig, written, "config.json").defense == defense
        assert defense.label.startswith(row.about.title)


@pytest.mark.slow
@pytest.mark.parametrize("tag", [tag for tag, row in ROWS.items() if row.trains])
def test_every_row_that_trains_makes_two_updates_with_finite_losses(tag, tiny_trunk):
    defense = small(ROWS[tag])
    trunk = "residual" if isinstance(defense, RoLSS | SSF | TTS) else "tiny"
    found = updated(configuration(defense, trunk), updates=2)
    assert np.isfinite(float(found.metrics["loss"]))
    leaves = zip(jax.tree.leaves(found.before.params), jax.tree.leaves(found.after.params),
                 strict=True)  # fmt: skip
    moved = [not np.array_equal(old, new) for old, new in leaves]
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found.after.params))
    assert any(moved)


@pytest.mark.parametrize(
    "tag", [tag for tag, row in ROWS.items() if row.release is not Defense.release]
)
def test_every_row_that_changes_answers_lets_finite_logits_out(tag, tiny_trunk):
    defense = small(ROWS[tag])
    graphs, initialise = blueprint(configuration(defense), PICTURES, 1)
    state = initialise()
    model = nnx.merge(graphs.evaluate, state.params, state.stats)
    outputs = model.outputs(jnp.asarray(batch()[0], jnp.float32) / 255)
    found = defense.release(outputs, jax.random.key(0), model.head)
    assert found.logits.shape == (BATCH, 4)
    assert np.isfinite(found.logits).all()
    assert not np.array_equal(found.logits, outputs.logits)


class Nothing(Defense):
    """Overrides nothing but the name."""

    tag = "nothing"


class Bare(NoDefense):
    """The plain head without its own method."""

    def head(self, features, classes, *, rngs):
        return LinearHead(features, classes, rngs=rngs)


@pytest.mark.parametrize("other", [Nothing(), Bare()])
def test_hooks_that_nobody_overrides_leave_the_program_of_an_update_as_it_is(other, tiny_trunk):
    texts = []
    for defense in (NoDefense(), other):
        config = configuration(defense)
        graphs, initialise = blueprint(config, PICTURES, 10)
        state = jax.eval_shape(initialise)
        step = train_step(graphs.train, config, 10, data_mesh())
        texts.append(step.lower(state, *batch()).as_text())
    assert texts[0] == texts[1]
