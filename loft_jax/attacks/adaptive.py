"""An attacker who knows the defense: the same recipe round what merely hides gradients."""

import dataclasses

from flax import nnx

from loft_jax.attacks.recipes import Recipe
from loft_jax.attacks.settings import Adaptive
from loft_jax.errors import InputError
from loft_jax.nets.frozen import FrozenClassifier


def adapted(recipe: Recipe, adaptive: Adaptive) -> Recipe:
    """The recipe with the objective of this variant.

    * pre-code: the identity loss gives way to the angle between the trunk's features and the
      pattern of the class (`public.class_patterns`): what the head hides, tanh and rank, is left
      behind. The weight stays.
    * logit: the identity loss becomes -l_y, whose gradient a confident softmax does not take away.

    Raises:
        InputError: if the recipe's own identity loss is -l_y already.
    """
    objective = recipe.objective
    if adaptive == "pre-code":
        changed = dataclasses.replace(
            objective, identity_weight=0.0, pattern=objective.identity_weight
        )
        return dataclasses.replace(recipe, objective=changed)
    if adaptive == "logit":
        if recipe.descends_logit:
            msg = (
                f"`--adaptive` must be none, straight-through or pre-code for {recipe.title}, which"
                " descends the logit already, got logit"
            )
            raise InputError(msg)
        return dataclasses.replace(
            recipe, objective=dataclasses.replace(objective, identity="logit")
        )
    return recipe


def straight_through(target: FrozenClassifier) -> FrozenClassifier:
    """The same answers, with the head's activation differentiated as if it were the identity.

    Source: Bengio et al. 2013; as an attack on hidden gradients, Athalye et al. 2018 (BPDA).

    Raises:
        InputError: if the head has no activation.
    """
    model = nnx.merge(target.graph, target.params, target.stats)
    if model.head.encode is None or model.head.activation == "none":
        msg = "`--adaptive` straight-through needs a head with an activation, got a linear one"
        raise InputError(msg)
    model.head.straight_through = True
    graph, params, stats = nnx.split(model, nnx.Param, nnx.BatchStat)
    return FrozenClassifier(graph, params, stats)
