"""A classifier trains in a pure step, evaluates without side effects, and counts as published."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from loft_jax.defenses.loft import LoFt
from loft_jax.defenses.network import build_classifier
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.nets.trunks.table import TRUNKS, feature_width

# torchvision's published numbers of parameters, 1000 classes, from the `_META` entries
# ("num_params") of its files in torchvision/models.
TORCHVISION_PARAMETERS = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "vgg16_bn": 138_365_992,
    "densenet121": 7_978_856,
    "densenet169": 14_149_480,
    "efficientnet_b0": 5_288_548,
    "efficientnet_b1": 7_794_184,
    "efficientnet_b2": 9_109_994,
    "vit_b_16": 86_567_656,
    "vit_b_32": 88_224_232,
    "swin_t": 28_288_354,
    # Its last layer has no bias, ours has.
    "maxvit_t": 30_919_624 + 1000,
    # Without the auxiliary classifier: two convolutions, their normalisations, a linear layer.
    "inception_v3": 27_161_264
    - (768 * 128 + 2 * 128 + 128 * 768 * 5 * 5 + 2 * 768 + 768 * 1000 + 1000),
}


def ir_parameters(side):
    """Those of evoLVe's IR-152 in closed form, as none are published; and 1000 classes."""
    total, inputs = 3 * 3 * 3 * 64 + 2 * 64 + 64, 64
    for width, depth in ((64, 3), (128, 8), (256, 36), (512, 3)):
        for _ in range(depth):
            shortcut = 0 if inputs == width else inputs * width + 2 * width
            total += 2 * inputs + 9 * inputs * width + width + 9 * width**2 + 2 * width + shortcut
            inputs = width
    linear = (512 * (side // 16) ** 2 + 1) * 512
    return total + 2 * 512 + linear + 2 * 512 + 513 * 1000


SETTINGS = {"channels": 1, "classes": 5, "defense": LoFt(3, input_norm=True)}


def build(trunk="small_cnn", size=16, seed=0, **changes):
    settings = SETTINGS | {"compute_dtype": "float32"} | changes
    return build_classifier(trunk, size=size, rngs=nnx.Rngs(seed), **settings)


def images(n=4, size=16, channels=1):
    return jnp.asarray(np.random.default_rng(0).random((n, size, size, channels)), jnp.float32)


QUICK = ("resnet18", "resnet34", "resnet50", "vgg16_bn", "vit_b_32")
"""The others take up to half a minute of tracing."""


@pytest.mark.parametrize(
    "trunk",
    [
        trunk if trunk in QUICK else pytest.param(trunk, marks=pytest.mark.slow)
        for trunk in TORCHVISION_PARAMETERS
    ],
)
def test_parameter_count_of_the_imagenet_form_is_torchvisions(trunk):
    model = nnx.eval_shape(lambda: build(trunk, 224, channels=3, classes=1000, defense=NoDefense()))
    sizes = jax.tree.map(lambda leaf: leaf.size, nnx.state(model, nnx.Param))
    assert sum(jax.tree.leaves(sizes)) == TORCHVISION_PARAMETERS[trunk]


@pytest.mark.slow
def test_parameter_count_of_ir152_is_that_of_its_layers():
    model = nnx.eval_shape(
        lambda: build("ir152", 112, channels=3, classes=1000, defense=NoDefense())
    )
    sizes = jax.tree.map(lambda leaf: leaf.size, nnx.state(model, nnx.Param))
    assert sum(jax.tree.leaves(sizes)) == ir_parameters(112)


# One of each family; the deeper ResNets repeat the blocks of these, as their counts above show.
FAMILIES = ["small_cnn", "small_resnet", "resnet18", "resnet50", "vgg16_bn"]


@pytest.mark.parametrize("size", ["smallest", 64, 112])
@pytest.mark.parametrize("trunk", FAMILIES)
def test_features_code_and_logits_have_the_announced_widths(trunk, size):
    size = TRUNKS[trunk].smallest if size == "smallest" else size
    graphdef, state = nnx.split(nnx.eval_shape(lambda: build(trunk, size)))
    x = jax.ShapeDtypeStruct((2, size, size, 1), jnp.float32)
    outputs = jax.eval_shape(lambda s, x: nnx.merge(graphdef, s, copy=True).outputs(x), state, x)
    assert outputs.features.shape == (2, feature_width(trunk, size))
    assert outputs.code.shape == (2, 3)
    assert outputs.logits.shape == (2, 5)


def test_a_few_pure_steps_move_the_statistics_and_lower_the_loss():
    graphdef, params, stats, rest = nnx.split(build(), nnx.Param, nnx.BatchStat, ...)
    x, y = images(8), jnp.arange(8) % 5
    optimizer = optax.adam(1e-2)

    def loss(params, stats):
        model = nnx.merge(graphdef, params, stats, rest, copy=True)
        value = optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()
        return value, nnx.state(model, nnx.BatchStat)

    @jax.jit
    def step(params, stats, moments):
        (value, stats), grads = jax.value_and_grad(loss, has_aux=True)(params, stats)
        updates, moments = optimizer.update(grads, moments, params)
        return optax.apply_updates(params, updates), stats, moments, value

    moments, values, old = optimizer.init(params), [], stats
    for _ in range(10):
        params, stats, moments, value = step(params, stats, moments)
        values.append(float(value))
    assert values[-1] < 0.5 * values[0]
    moved = jax.tree.map(lambda a, b: bool((a != b).any()), old, stats)
    assert all(jax.tree.leaves(moved))


def test_an_evaluation_view_judges_each_image_alone():
    model = nnx.view(build(), use_running_average=True)
    x = images()
    answer = nnx.jit(lambda model, x: model(x))
    alone = jnp.concatenate([answer(model, x[i : i + 1]) for i in range(len(x))])
    np.testing.assert_allclose(answer(model, x), alone, atol=1e-5)


def test_the_gradient_with_respect_to_the_image_is_its_directional_derivative():
    model = nnx.view(build(), use_running_average=True)
    x = images(2)
    graphdef, state = nnx.split(model)

    def score(image):
        return nnx.merge(graphdef, state)(image[None])[0, 1]

    gradients = jax.jit(jax.vmap(jax.grad(score)))(x)
    direction = jnp.asarray(np.random.default_rng(1).standard_normal(x.shape), jnp.float32)
    step = 1e-3
    scores = jax.jit(jax.vmap(score))
    change = scores(x + step * direction) - scores(x - step * direction)
    # float32: rounding 1e-6 / step and the kinks of ReLU leave about a percent.
    expected = (gradients * direction).sum((1, 2, 3))
    np.testing.assert_allclose(change / (2 * step), expected, rtol=0.03, atol=0.01)


def test_bfloat16_compute_keeps_float32_weights_logits_and_features():
    exact, coarse = build(), build(compute_dtype="bfloat16")
    assert {leaf.dtype for leaf in jax.tree.leaves(nnx.state(coarse))} == {jnp.dtype("float32")}
    outputs = nnx.jit(lambda model, x: model.outputs(x))
    a, b = (outputs(model, images()) for model in (exact, coarse))
    assert b.logits.dtype == b.features.dtype == b.code.dtype == jnp.float32
    assert not np.array_equal(a.features, b.features)
    np.testing.assert_allclose(a.features, b.features, atol=0.1)


def test_pixels_are_centred_before_the_trunk():
    model = build(defense=NoDefense())
    model.trunk = lambda x: x.reshape(x.shape[0], -1)[:, :128]
    expected = 2 * images().reshape(4, -1)[:, :128] - 1
    np.testing.assert_allclose(model.outputs(images()).features, expected)


def test_same_seed_same_weights_other_seed_other_weights():
    a, b, c = (jax.tree.leaves(nnx.state(build(seed=s), nnx.Param)) for s in (0, 0, 1))
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    assert not all(np.array_equal(x, y) for x, y in zip(a, c, strict=True))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trunk": "alexnet"}, "`--trunk` must be one of small_cnn, .*vgg16_bn, .*, got alexnet"),
        ({"size": 7}, "`--size` must be at least 8 px for small_cnn, got 7"),
        ({"trunk": "vgg16_bn", "size": 31}, "at least 32 px for vgg16_bn, got 31"),
        ({"defense": LoFt(0)}, r"`--rank` must be 1..128 \(the feature width\) or none, got 0"),
        ({"defense": LoFt(-3)}, "`--rank` must be .* got -3"),
        ({"defense": LoFt(129)}, "`--rank` must be .* got 129"),
    ],
)
def test_bad_settings_are_refused_by_name(changes, message):
    with pytest.raises(InputError, match=message):
        build(**changes)
