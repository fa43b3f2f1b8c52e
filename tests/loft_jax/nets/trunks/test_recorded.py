"""Small members of each family give the features that PyTorch's networks gave.

RECORDED is of torchvision 0.28.0 on torch 2.13.0, `ir` of evoLVe's description in PyTorch.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shallow_trunks import FAMILIES, drawn, pictures

from loft_jax.nets.imported.arrays import wanted

# Of the second picture every so many features, six of them; the norm of all of both pictures.
RECORDED = {
    "densenet": ((0.0806367, 0, 0.319859, 0, 0, 0.220307), 1.590262),
    "efficientnet": (
        (-0.125578, 0.0595343, -0.0780202, 0.175092, 0.0983708, 0.153662), 2.052671,
    ),
    "vit": ((-0.617048, -0.558949, 1.68065, 0.105285, 0.854836, 0.571963), 6.152047),
    "swin": ((0.0847687, -0.336432, -0.611014, -0.396686, -0.0687597, -0.428376), 5.309896),
    "maxvit": ((0.827623, -0.414021, -0.644444, 0.853021, -0.744982, 0.32131), 6.988767),
    "ir": ((-0.658149, -0.250053, 0.377809, 0.384969, 0.405523, 0.16488), 20.31885),
}  # fmt: skip


def abstract(family):
    case = FAMILIES[family]
    build = lambda: case.build(case.size, 3, dtype=jnp.float32, rngs=nnx.Rngs(0))  # noqa: E731
    return nnx.eval_shape(build)


def filled(family):
    """(graph, state) in evaluation mode, with the weights that were recorded with."""
    model = abstract(family)
    own = wanted(model, FAMILIES[family].names[0])
    arrays = drawn({name: one.theirs for name, one in own.items()})
    ours = {one.path: one.to_ours(arrays[name]) for name, one in own.items()}
    graph, state = nnx.split(nnx.view(model, use_running_average=True, raise_if_not_found=False))
    leaves = nnx.to_flat_state(state)
    made = [(p, v.replace(jnp.asarray(ours[tuple(map(str, p))]))) for p, v in leaves]
    return graph, nnx.from_flat_state(made)


def summary(features):
    chosen = features[1, :: max(1, features.shape[1] // 6)][:6]
    return np.asarray(chosen), float(np.linalg.norm(features))


@pytest.mark.parametrize("family", FAMILIES)
def test_features_are_pytorchs(family):
    graph, state = filled(family)
    images = jnp.asarray(pictures(FAMILIES[family].size))
    features = jax.jit(lambda state, x: nnx.merge(graph, state)(x))(state, images)
    chosen, norm = summary(features)
    np.testing.assert_allclose(chosen, RECORDED[family][0], atol=1e-4)
    np.testing.assert_allclose(norm, RECORDED[family][1], rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_what_was_recorded_is_what_pytorch_gives(family):
    pytest.importorskip("torch")
    pytest.importorskip("torchvision")
    from torch_trunks import features, shallow, shapes

    network = shallow(family)
    own = wanted(abstract(family), FAMILIES[family].names[0])
    assert {name: one.theirs for name, one in own.items()} == shapes(network)
    made = features(network, drawn(shapes(network)), pictures(FAMILIES[family].size))
    np.testing.assert_allclose(summary(made)[0], RECORDED[family][0], atol=1e-5)
