"""Small members of each family give the features that PyTorch's networks gave."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shallow_trunks import FAMILIES, RECORDED, abstract, drawn, pictures, summary

from loft_jax.nets.imported.arrays import wanted


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


@pytest.mark.parametrize("family", FAMILIES)
def test_features_are_pytorchs(family):
    graph, state = filled(family)
    images = jnp.asarray(pictures(FAMILIES[family].size))
    features = jax.jit(lambda state, x: nnx.merge(graph, state)(x))(state, images)
    chosen, norm = summary(features)
    np.testing.assert_allclose(chosen, RECORDED[family][0], atol=1e-4)
    np.testing.assert_allclose(norm, RECORDED[family][1], rtol=1e-4)
