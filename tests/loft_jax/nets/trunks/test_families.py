"""What the rest of the project asks of a trunk, of a small member of each new family."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shallow_trunks import FAMILIES, abstract

from loft_jax.defenses.network import build_classifier
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.shortcuts import SSF, RoLSS
from loft_jax.errors import InputError
from loft_jax.nets.order import forward_order
from loft_jax.nets.taps import stages
from loft_jax.nets.trunks.table import TRUNKS, Trunk, build_trunk

WIDTHS = {"densenet": 32, "efficientnet": 96, "vit": 32, "swin": 32, "maxvit": 64, "ir": 512}
# The last layer at every size of the picture, where a loss on hidden layers looks.
STAGES = {
    # 32 px: stem 16, pooled 8, halved 4.
    "densenet": ("norm", "blocks.1", "last"),
    # 16 px: stem 8, second stage 4.
    "efficientnet": ("blocks.0", "last"),
    # 16 px: 2 x 2 patches, then 5 tokens.
    "vit": ("norm",),
    # 20 px: 5 x 5 tokens, then 3 x 3.
    "swin": ("blocks.1", "last"),
    # 64 px: stem 32, then 16 and 8.
    "maxvit": ("conv", "blocks.2", "blocks.5"),
    # 16 px: the stem keeps them, then 8 and 4.
    "ir": ("prelu", "blocks.0", "last"),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_forward_pass_meets_every_variable_and_names_its_stages(family, monkeypatch):
    case = FAMILIES[family]
    row = Trunk(case.build, lambda size: WIDTHS[family], case.size)
    monkeypatch.setitem(TRUNKS, family, row)
    model = nnx.eval_shape(
        lambda: build_classifier(
            family, NoDefense(), size=case.size, channels=3, classes=4, rngs=nnx.Rngs(0)
        )
    )
    images = jnp.zeros((2, case.size, case.size, 3))
    parts = nnx.split(model, nnx.Param, ...)
    found = forward_order(*parts, images)
    flat = [path for part in parts[1:] for path, _ in nnx.to_flat_state(part)]
    assert sorted(found) == sorted(tuple(map(str, path)) for path in flat)
    first = "patches" if family in ("vit", "swin") else "stem"
    assert found[0][:2] == ("trunk", first)
    assert found[-1][0] == "head"
    named = tuple(f"trunk.{path}" for path in STAGES[family])
    shown = {path for path in stages(model, "trunk", images) if not path.endswith("out")}
    assert set(named) <= shown
    assert len(shown) <= len(named) + 1  # what is behind the last map has no pixels


def scales(family, defense):
    trunk = defense.edit(abstract(family), rngs=nnx.Rngs(0))
    return [block.shortcut_scale for block in trunk.blocks]


@pytest.mark.parametrize(
    ("family", "defense", "expected"),
    [
        ("vit", RoLSS(0.0, blocks=1), [1, 0]),
        ("swin", SSF(0.6), [1, 1, 0.6, 0.6]),
        ("maxvit", RoLSS(0.0, blocks=2), [1, 1, 1, 1, 0, 0]),
        ("ir", SSF(0.5), [1, 0.5, 0.5]),
        # Blocks that change shape have no shortcut there: they do not count.
        ("efficientnet", RoLSS(0.0, blocks=1), [1, 1, 0]),
    ],
)
def test_shortcuts_are_scaled_at_the_last_blocks_that_have_some(family, defense, expected):
    assert scales(family, defense) == expected


def test_shortcuts_that_are_not_there_cannot_be_scaled():
    with pytest.raises(InputError, match="must be one of residual blocks for RoLSS"):
        scales("densenet", RoLSS())
    with pytest.raises(InputError, match="must change at most 1 blocks of this trunk, got 2"):
        scales("efficientnet", RoLSS(blocks=2))


def test_sizes_that_do_not_divide_are_refused():
    with pytest.raises(InputError, match="must be a multiple of 16 px for vit_b_16, got 72"):
        build_trunk("vit_b_16", size=72, channels=3, rngs=nnx.Rngs(0))


def test_a_scaled_shortcut_of_a_transformer_is_scaled_twice():
    from loft_jax.nets.layers.transformer import Transformer

    class Doubled(nnx.Module):
        def __call__(self, x):
            return 2 * x

    block = Transformer(4, Doubled(), dtype=jnp.float32, rngs=nnx.Rngs(0))
    block.shortcut_scale = 0.25
    x = np.random.default_rng(0).standard_normal((2, 3, 4))

    def norm(x):
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)

    from scipy.special import erf

    up, down = (np.asarray(layer.kernel[...], np.float64) for layer in (block.up, block.down))
    y = 0.25 * x + 2 * norm(x)
    inside = norm(y) @ up
    expected = 0.25 * y + (inside * (1 + erf(inside / np.sqrt(2))) / 2) @ down
    np.testing.assert_allclose(block(jnp.asarray(x, jnp.float32)), expected, atol=1e-5)
