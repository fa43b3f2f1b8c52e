"""Each recipe on an instance whose answer is known: a linear classifier under a linear prior."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from loft_jax.attacks.engine import SEGMENT, Engine, _segments
from loft_jax.attacks.parts.objective import Objective, score
from loft_jax.attacks.parts.projections import Box, Free, L1Ball, L2Ball
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Gaussians, Hidden, Points
from loft_jax.attacks.parts.transforms import NO_TRANSFORM
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.search.gradient import Phase, Rule, advance, begin
from loft_jax.errors import InputError
from loft_jax.priors.pixels import PixelPrior

A = np.array([0.5, -1.0, 0.25, 2.0])
TWO = np.stack([A, -A])
"""Class 0 wants z along A, class 1 against it; every loss falls with the margin."""


def silent(_):
    pass


def still(recipe, steps, **changes):
    """The recipe without random views, with this many steps in each phase."""
    objective = dataclasses.replace(recipe.objective, transform=NO_TRANSFORM, views=1)
    search = tuple(dataclasses.replace(phase, steps=steps) for phase in recipe.search)
    selection = dataclasses.replace(recipe.selection, candidates=64, views=0)
    return dataclasses.replace(
        recipe, **{"objective": objective, "search": search, "selection": selection, **changes}
    )


def point_recipe(projection, objective, steps=400, rule=None):
    return dataclasses.replace(
        RECIPES["ppa"],
        objective=objective,
        rule=rule or Rule("sgd", 0.05, momentum=0.9),
        search=(Phase(Points(projection), steps),),
        selection=Selection(candidates=64),
    )


def test_a_gaussian_prior_puts_the_optimum_of_the_logit_loss_at_the_weights(linear, prior, bind):
    # min -a.z + |z|^2 / 2 is at z = a.
    recipe = point_recipe(Free(), Objective(identity="logit", latent_norm=1.0))
    found = bind(recipe, linear(TWO), prior, 2).reconstruct(np.arange(2), silent)
    np.testing.assert_allclose(found.latents[:, 0], TWO, atol=1e-3)
    np.testing.assert_allclose(found.loss[-1], -A @ A / 2, rtol=1e-3)


def test_cross_entropy_under_a_gaussian_prior_stops_where_its_gradient_does(linear, prior, bind):
    # z = t a with t = 2 / (1 + exp(2 t |a|^2)): the stationary point, by bisection.
    recipe = point_recipe(Free(), Objective(latent_norm=1.0))
    found = bind(recipe, linear(TWO), prior, 2).reconstruct(np.arange(2), silent)
    low, high = 0.0, 2.0
    for _ in range(60):
        t = (low + high) / 2
        low, high = (t, high) if t < 2 / (1 + np.exp(2 * t * A @ A)) else (low, t)
    np.testing.assert_allclose(found.latents[0, 0], t * A, atol=1e-3)


@pytest.mark.parametrize(
    ("projection", "optimum"),
    [
        (Box(-1.0, 1.0), lambda start: np.sign(A)),
        (L2Ball(0.5), lambda start: start + 0.5 * A / np.linalg.norm(A)),
        (L1Ball(0.2), lambda start: start + 0.8 * np.eye(4)[3]),
    ],
)
def test_a_linear_objective_is_smallest_on_the_border_of_the_set(
    projection, optimum, linear, prior, bind
):
    recipe = point_recipe(projection, Objective(identity="logit"))
    attack = bind(recipe, linear(TWO), prior, 2)
    start = attack.candidates.latents[attack.candidates.confidence[:, 0].argmax()]
    found = attack.reconstruct(np.array([0]), silent)
    np.testing.assert_allclose(found.latents[0, 0], optimum(start), atol=1e-3)


def test_a_distribution_settles_where_divergence_and_identity_balance(linear, prior, bind):
    # E(-a.z) + k KL: mean a / k, variance 1, whatever the noise.
    recipe = dataclasses.replace(
        RECIPES["vmi"],
        objective=Objective(identity="logit"),
        rule=Rule("sgd", 0.02, momentum=0.9),
        search=(Phase(Gaussians(kl=2.0, draws=64), 300),),
        selection=Selection(candidates=64, best=False, restarts=32),
    )
    found = bind(recipe, linear(TWO), prior, 2, per_class=16).reconstruct(np.array([0]), silent)
    assert found.images.shape == (1, 16, 2, 2, 1)
    # The kept are the best 16 of 512 samples: along A above the mean, across A as the law has it.
    along = found.latents[0] @ A / np.linalg.norm(A)
    across = found.latents[0] - np.outer(along, A) / np.linalg.norm(A)
    mean = np.linalg.norm(A) / 2
    assert mean < along.min() < along.max() < mean + 5
    assert np.abs(across.mean(0)).max() < 4 / np.sqrt(16)


def test_the_reparametrised_mean_and_variance_have_their_closed_form(linear, prior, bind):
    recipe = dataclasses.replace(
        RECIPES["vmi"],
        objective=Objective(identity="logit"),
        rule=Rule("sgd", 0.02, momentum=0.9),
        search=(Phase(Gaussians(kl=2.0, draws=64), 300),),
    )
    attack = bind(still(recipe, 300), linear(TWO), prior, 2)
    space, rows = Gaussians(kl=2.0, draws=256), attack._begin(np.array([0]))
    state, centre = begin(space, recipe.rule, prior, rows.start, rows.labels)
    state, _ = advance(
        space, recipe.rule, recipe.objective, 300, attack.networks, prior, attack.public,
        rows.labels, rows.keys, state, centre, jnp.int32(0),
    )  # fmt: skip
    np.testing.assert_allclose(state.variables["mean"][0], A / 2, atol=0.05)
    # 256 draws a step, averaged by momentum over 10: noise of a few hundredths in log variance
    np.testing.assert_allclose(state.variables["log_variance"][0], 0, atol=0.15)


def test_layer_by_layer_moves_latents_and_hidden_pictures_to_their_borders(linear, prior, bind):
    two_blocks = dataclasses.replace(prior, blocks=2)
    recipe = dataclasses.replace(
        RECIPES["if-gmi"],
        objective=Objective(identity="logit"),
        rule=Rule("sgd", 0.1, momentum=0.0),
        search=(Phase(Points(L2Ball(0.5)), 100), Phase(Hidden(1, 0.2), 100)),
        selection=Selection(candidates=64),
    )
    attack = bind(recipe, linear(TWO), two_blocks, 2)
    start = attack.candidates.latents[attack.candidates.confidence[:, 0].argmax()]
    found = attack.reconstruct(np.array([0]), silent)
    # Phase 1 ends at start + A / 2|A|. Then the picture is h + w / 2, h and w each in an L1 ball
    # of radius 0.8 round half of it and all of it: both go to the largest number of A.
    middle = start + 0.5 * A / np.linalg.norm(A)
    expected = middle + (0.8 + 0.8 / 2) * np.eye(4)[3]
    np.testing.assert_allclose(2 * found.images[0, 0].ravel() - 1,
                               np.clip(expected, -1, 1), atol=1e-3)  # fmt: skip
    np.testing.assert_allclose(found.latents[0, 0], middle + 0.8 * np.eye(4)[3], atol=1e-3)


def test_adam_moves_all_latents_alike_whatever_the_weights(linear, prior, bind):
    # The gradient is a scalar times A: Adam divides |A_i| out, and every number moves by the same.
    recipe = point_recipe(Free(), Objective(), 50, Rule("adam", 0.01, 0.1, 0.1))
    attack = bind(recipe, linear(TWO), prior, 2)
    start = attack.candidates.latents[attack.candidates.confidence[:, 0].argmin()]
    attack.candidates = attack.candidates._replace(
        confidence=1 - attack.candidates.confidence  # start where there is something to gain
    )
    moved = attack.reconstruct(np.array([0]), silent).latents[0, 0] - start
    np.testing.assert_allclose(moved * np.sign(A), np.abs(moved).mean(), rtol=1e-2)


GENTLE = 0.2 * TWO


def descent(value, start, bounds=None):
    """SciPy's minimum of a function of z."""
    return optimize.minimize(value, start, bounds=bounds, method="L-BFGS-B").x


def cross_entropy(z, row):
    """Of the linear classifier with weights +-row."""
    return np.logaddexp(0, -2 * z @ row)


def run(name, steps, target, prior, bind, **changes):
    """(attack, its reconstructions of both classes) of a recipe's own objective, rule and set."""
    recipe = still(RECIPES[name], steps, **changes)
    attack = bind(recipe, target, prior, 2, helpers=(target,) * recipe.helpers)
    return attack, attack.reconstruct(np.arange(2), silent).latents[:, 0]


def test_mi_face_ends_in_the_corner_of_the_cube_of_pixels(linear, bind):
    _, found = run("mi-face", 1000, linear(GENTLE), PixelPrior(2, 1), bind)
    np.testing.assert_allclose(found, TWO > 0, atol=1e-3)


def test_gmi_ends_at_the_constrained_minimum_that_scipy_finds(linear, prior, bind):
    _, found = run("gmi", 500, linear(GENTLE), prior, bind)
    for z, row in zip(found, GENTLE, strict=True):
        best = descent(
            lambda x, row=row: 100 * cross_entropy(x, row) + np.sum((x - 3) ** 2),
            np.zeros(4),
            [(-1, 1)] * 4,
        )
        np.testing.assert_allclose(z, best, atol=1e-2)


def test_lomma_ends_at_the_clipped_minimum_of_its_quadratic(linear, prior, bind):
    gentle = 0.01 * TWO
    attack, found = run("lomma", 1000, linear(gentle), prior, bind)
    # 100 (-w.z) + 100 |z - mean|^2 / 4 + |z - 3|^2
    mean = attack.candidates.features.mean(0)
    expected = np.clip((25 * mean + 3 + 50 * gentle) / 26, -1, 1)
    np.testing.assert_allclose(found, expected, atol=1e-2)


def test_ked_mi_narrows_its_distribution_round_the_minimum(linear, prior, bind):
    # 16 draws a step instead of one, so that Adam wanders less; it narrows like 1 / steps.
    search = (Phase(Gaussians(draws=16), 4000),)
    _, found = run("ked-mi", 4000, linear(GENTLE), prior, bind, search=search)
    for z, row in zip(found, GENTLE, strict=True):
        best = descent(
            lambda x, row=row: 100 * cross_entropy(x, row) + np.sum((x - 3) ** 2), np.zeros(4)
        )
        np.testing.assert_allclose(z, best, atol=0.1)


@pytest.mark.slow
def test_vmi_makes_its_class_sure(linear, prior, bind):
    recipe = still(RECIPES["vmi"], 150)
    found = bind(recipe, linear(TWO), prior, 2).reconstruct(np.arange(2), silent)
    assert found.confidence.min() > 0.95


def test_plg_mi_moves_by_its_rate_each_step_because_the_margin_is_linear(linear, prior, bind):
    # Adam divides a constant gradient by its own size; as published nothing stands beside it.
    attack = bind(still(RECIPES["plg-mi"].form(published=True), 30), linear(TWO), prior, 2)
    found = attack.reconstruct(np.arange(2), silent).latents[:, 0]
    start = attack.candidates.latents[:2]
    np.testing.assert_allclose(found, start + 30 * 0.1 * np.sign(TWO), rtol=1e-3)


@pytest.mark.parametrize("name", ["ppa", "if-gmi"])
def test_the_poincare_loss_leaves_the_class_nearly_alone_among_the_logits(
    name, linear, prior, bind
):
    # Two orthogonal directions, each its own mirror image: the corner is where one logit is
    # positive and the other is 0.
    weight = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    target = linear(weight)
    _, found = run(name, 100, target, dataclasses.replace(prior, blocks=4), bind)
    logits = found @ weight.T
    shares = logits[np.arange(2), np.arange(2)] / np.abs(logits).sum(1)
    assert shares.min() > 0.9


@pytest.mark.parametrize(("blocks", "slope"), [(0, 1), (2, 5)])
def test_mirror_ends_in_the_corner_of_its_box_in_p_space(blocks, slope, linear, prior, bind):
    chosen = dataclasses.replace(prior, blocks=blocks)
    attack, found = run("mirror", 400, linear(GENTLE), chosen, bind)
    points = np.where(attack.candidates.latents < 0, slope, 1) * attack.candidates.latents
    corner = points.mean(0) + np.sign(TWO) * points.std(0)
    np.testing.assert_allclose(found, np.where(corner < 0, corner / slope, corner), atol=1e-2)


def test_the_objective_adds_its_terms_with_their_weights(linear, prior, bind):
    target = linear(TWO)
    attack = bind(still(RECIPES["ppa"], 1), target, prior, 2)
    z = jax.random.normal(jax.random.key(8), (3, 4))
    images, labels = prior.decode(z, jnp.zeros(3, int)), jnp.array([0, 1, 0])
    keys = jax.random.split(jax.random.key(9), 3)

    def value(**weights):
        objective = Objective(identity="logit", **weights)
        return np.asarray(
            score(objective, (target,), prior, attack.public, z, images, labels, keys).loss
        )

    x, own = np.asarray(z, float), TWO[np.asarray(labels)]
    margin = np.sum(x * own, 1)
    np.testing.assert_allclose(value(identity_weight=3.0), -3 * margin, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        value(realness=0.5), -margin + 0.5 * np.sum((x - 3) ** 2, 1), rtol=1e-4
    )
    np.testing.assert_allclose(
        value(latent_norm=2.0), -margin + np.sum(x**2, 1), rtol=1e-4, atol=1e-5
    )
    mean = attack.candidates.features.mean(0)
    np.testing.assert_allclose(
        value(features=0.4), -margin + 0.1 * np.sum((x - mean) ** 2, 1), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        value(image_norm=4.0), -margin + 4 * np.mean(x**2 / 4, 1), rtol=1e-4, atol=1e-5
    )


def test_helpers_share_the_identity_loss_by_their_mean(linear, prior, bind):
    target, helper = linear(TWO), linear(3 * TWO)
    attack = bind(still(RECIPES["ppa"], 1), target, prior, 2)
    z = jax.random.normal(jax.random.key(8), (3, 4))
    labels, keys = jnp.array([0, 1, 0]), jax.random.split(jax.random.key(9), 3)
    objective = Objective(identity="logit")
    got = score(
        objective, (target, helper), prior, attack.public, z, prior.decode(z, labels), labels, keys
    ).loss
    margin = np.sum(np.asarray(z) * TWO[np.asarray(labels)], 1)
    np.testing.assert_allclose(got, -2 * margin, rtol=1e-4, atol=1e-5)


def test_an_attack_of_one_class_does_not_depend_on_the_others(linear, prior, bind):
    recipe = still(RECIPES["plg-mi"], 20)
    recipe = dataclasses.replace(recipe, objective=RECIPES["plg-mi"].objective)  # with its views
    attack = bind(recipe, linear(np.eye(3, 4)), prior, 3, per_class=2)
    together = attack.reconstruct(np.arange(3), silent)
    alone = attack.reconstruct(np.array([2]), silent)
    np.testing.assert_allclose(alone.images[0], together.images[2], atol=1e-5)


def test_a_second_call_compiles_nothing_and_gives_the_same_bits(linear, prior, bind):
    attack = bind(still(RECIPES["ppa"], 10), linear(TWO), prior, 2, per_class=2)
    first = attack.reconstruct(np.arange(2), silent)
    programs = advance._cache_size()
    second = attack.reconstruct(np.arange(2), silent)
    third = bind(still(RECIPES["ppa"], 10), linear(-TWO), prior, 2, per_class=2)
    third.reconstruct(np.arange(2), silent)
    assert advance._cache_size() == programs
    np.testing.assert_array_equal(first.images, second.images)


def test_attacks_that_differ_in_their_weight_alone_share_a_program(linear, prior, bind):
    recipe = still(RECIPES["ppa"], 10, objective=Objective(identity="logit", latent_norm=1e-3))
    one = bind(recipe, linear(TWO), prior, 2).reconstruct(np.arange(2), silent)
    programs = advance._cache_size()
    other = bind(recipe.with_prior_weight(1e6), linear(TWO), prior, 2)
    held = other.reconstruct(np.arange(2), silent)
    assert advance._cache_size() == programs
    assert np.linalg.norm(held.latents) < 0.8 * np.linalg.norm(one.latents)


def test_a_variant_begins_at_the_same_candidates_and_asks_for_none(linear, prior, bind):
    recipe, shown = still(RECIPES["ppa"], 10), []
    attack = bind(recipe, linear(TWO), prior, 2)
    attack.count = shown.append
    longer = attack.varied(recipe.with_effort(20, None), linear(TWO))
    alone = bind(recipe.with_effort(20, None), linear(TWO), prior, 2)
    got, expected = (one.reconstruct(np.arange(2), silent) for one in (longer, alone))
    np.testing.assert_array_equal(got.images, expected.images)
    assert sum(shown) < 2 * 2 * 20 + 64


def test_the_memory_account_compiles_the_program_that_the_search_runs(linear, prior, bind):
    attack = bind(still(RECIPES["ppa"], 12), linear(TWO), prior, 2)
    assert attack.bytes_needed(np.arange(2)) > 0
    compiled = []

    def listen(event, _seconds, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(event)

    attack.reconstruct(np.arange(2), silent)
    jax.monitoring.register_event_duration_secs_listener(listen)
    attack.reconstruct(np.arange(2), silent)
    assert not compiled


def test_more_classes_at_a_time_need_more_memory(linear, prior, bind):
    attack = bind(still(RECIPES["ppa"], 12), linear(np.eye(4)), prior, 4, per_class=50)
    assert attack.bytes_needed(np.arange(4)) > attack.bytes_needed(np.arange(2))


def test_other_seeds_give_other_reconstructions(linear, prior, bind):
    attack = bind(still(RECIPES["plg-mi"], 3), linear(TWO), prior, 2)
    other = Engine(attack.networks, prior, attack.recipe, 2, 1, jax.random.key(1), attack.mesh)
    first, second = (e.reconstruct(np.arange(2), silent) for e in (attack, other))
    assert np.abs(first.latents - second.latents).max() > 0.1


@pytest.mark.parametrize(("steps", "expected"), [(150, 6), (70, 5), (7, 1), (29, 29), (1, 1)])
def test_segments_are_equal_and_short(steps, expected):
    counts = _segments(steps)
    assert sum(counts) == steps
    assert len(set(counts)) == 1
    assert max(counts) <= SEGMENT
    assert len(counts) == expected


def test_deep_inversion_refuses_a_target_without_batch_norm(linear, prior, bind):
    attack = bind(still(RECIPES["deep-inversion"], 2), linear(TWO), prior, 2)
    with pytest.raises(InputError, match="BatchNorm"):
        attack.reconstruct(np.arange(2), silent)


@pytest.mark.parametrize(
    "name", ["ppa", "gmi", "if-gmi", pytest.param("vmi", marks=pytest.mark.slow)]
)
def test_lookalikes_are_what_the_same_attack_gives_without_steps(name, linear, prior, bind):
    blocks = dataclasses.replace(prior, blocks=2)

    def found(steps):
        searched = still(RECIPES[name], steps)
        searched = dataclasses.replace(searched, selection=RECIPES[name].selection)
        attack = bind(searched, linear(TWO), blocks, 2, per_class=3)
        return attack.reconstruct(np.arange(2), silent)

    some, none = found(5), found(0)
    np.testing.assert_array_equal(some.lookalikes, none.images)
    np.testing.assert_array_equal(some.lookalike_latents, none.latents)
    np.testing.assert_array_equal(none.lookalikes, none.images)
    assert not len(none.loss)
    assert np.abs(some.images - none.images).max() > 1e-3


def test_lookalikes_of_points_are_the_candidates_that_the_target_is_surest_of(linear, prior, bind):
    attack = bind(still(RECIPES["lookalikes"], 0), linear(TWO), prior, 2, per_class=3)
    found = attack.reconstruct(np.arange(2), silent)
    # Without views: of the best 3 x restarts by picture and mirror image, the best by picture.
    z = attack.candidates.latents
    for label, row in enumerate(TWO):
        order = np.argsort(-attack.candidates.confidence[:, label], kind="stable")
        starts = z[order[: 3 * RECIPES["ppa"].selection.restarts]]
        shown = np.clip(starts, -1, 1)  # what a picture keeps of them
        best = starts[np.argsort(-(shown @ row), kind="stable")[:3]]
        np.testing.assert_allclose(found.latents[label], best, rtol=1e-5)


def test_the_control_asks_the_target_nothing_that_the_attack_is_charged_for(linear, prior, bind):
    asked = []
    attack = bind(still(RECIPES["ppa"], 4), linear(TWO), prior, 2, per_class=3)
    attack.count = asked.append
    attack.reconstruct(np.arange(2), silent)
    results = 2 * 3 * RECIPES["ppa"].selection.restarts
    assert sum(asked) == 4 * results + results  # steps, then the selection
