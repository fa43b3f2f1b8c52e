"""What modules inside a network return while it computes, by their paths."""

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import jax
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.errors import InputError


@contextlib.contextmanager
def tapped(model: nnx.Module, paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Keeps the outputs of the modules at these paths while the context is open.

    The modules' classes are changed, and changed back, on the objects alone: another thread that
    computes with a network of the same kind notices nothing. Of several calls the last is kept.

    Args:
        model: the network; it must be called inside the context.
        paths: such as `trunk.blocks.1`.

    Yields:
        Outputs by path, filled as the modules are called.

    Raises:
        InputError: if there is no module at a path.
    """
    kept: dict[str, Any] = {}
    modules = {path: module_at(model, path) for path in paths}
    own = {path: type(module) for path, module in modules.items()}
    try:
        for path, module in modules.items():
            object.__setattr__(module, "_tap", functools.partial(kept.__setitem__, path))
            object.__setattr__(module, "__class__", _listening(own[path]))
        yield kept
    finally:
        for path, module in modules.items():
            object.__setattr__(module, "__class__", own[path])
            object.__delattr__(module, "_tap")


def module_at(model: nnx.Module, path: str) -> nnx.Module:
    """The module at a path such as `trunk.blocks.1`.

    Raises:
        InputError: if there is none.
    """
    found: Any = model
    for name in path.split("."):
        try:
            found = found[int(name)] if name.isdecimal() else getattr(found, name)
        except (AttributeError, IndexError, KeyError, TypeError):
            found = None
    if not isinstance(found, nnx.Module) or not callable(found):
        msg = f"`taps` must be paths of modules that are called, such as trunk, got {path}"
        raise InputError(msg)
    return found


def stages(model: nnx.Module, trunk: str, images: Float[Array, "b h w ch"]) -> tuple[str, ...]:
    """Where a trunk's picture changes size: its last own layer at each size, in their order.

    Its own layers are its attributes and the members of its lists, not what lies inside them.
    Nothing is computed: shapes are enough.

    Args:
        model: the network, with the trunk inside.
        trunk: path of the trunk.
        images: what the trunk is called with.
    """
    graph, state = nnx.split(model)
    inside = nnx.iter_modules(module_at(model, trunk))
    own = [
        ".".join((trunk, *map(str, path)))
        for path, module in inside
        if callable(module) and (len(path) == 1 or (len(path) == 2 and isinstance(path[1], int)))
    ]
    order: list[str] = []  # that of the calls; a pytree has its own

    def shown(state: nnx.State, images: Array) -> dict[str, Any]:
        copy = nnx.merge(graph, state, copy=True)
        with tapped(copy, own) as hidden:
            module_at(copy, trunk)(images)  # pyright: ignore[reportCallIssue]
        order.extend(hidden)
        return hidden

    shapes = jax.eval_shape(shown, state, images)
    last = {shapes[path].shape[1:-1]: path for path in order}
    return tuple(path for path in order if path in last.values())


@functools.cache
def _listening(kind: type) -> type:
    class Listening(kind):
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            result = super().__call__(*args, **kwargs)
            self._tap(result)
            return result

    return Listening
