"""Where arrays live: one mesh axis, weights on every device, pictures shared out.

The same code serves one CPU, eight GPUs and several hosts.
"""

import os
from collections.abc import Callable

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, PyTree

from loft_jax.errors import InputError
from loft_jax.runs.settings import RunConfig


def start(config: RunConfig) -> None:
    """Choose the kind of device and join the other processes. Call before any array exists.

    Raises:
        InputError: if no device of that kind can be used here.
    """
    if config.device != "auto":
        # A GPU is "cuda" or "rocm" to JAX, which refuses a list of which one is not here; left to
        # itself it takes whichever there is before the CPU.
        jax.config.update("jax_platforms", None if config.device == "gpu" else config.device)
    try:
        if config.processes > 1:
            jax.distributed.initialize(config.coordinator, config.processes, config.process_id)
        found = jax.default_backend()
    # JAX_PLATFORMS with a name of what is not here: an AssertionError of JAX's plug-ins.
    except (RuntimeError, AssertionError) as error:
        asked = os.environ.get("JAX_PLATFORMS")
        came = config.device if config.device != "auto" or not asked else f"JAX_PLATFORMS={asked}"
        msg = f"`--device` must be a device that JAX finds on this machine, got {came}"
        raise InputError(msg) from error
    if config.device not in ("auto", found):  # a GPU that is not here, or another began before
        msg = "`--device` must be a device that JAX finds on this machine"
        msg += f", got {config.device} beside {found}"
        raise InputError(msg)


def first_process() -> bool:
    """Whether this process is the one that writes and prints."""
    return jax.process_index() == 0


def data_mesh() -> Mesh:
    """All devices of all processes along one axis, `data`."""
    return jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))


def replicated(mesh: Mesh) -> NamedSharding:
    """A copy on each device."""
    return NamedSharding(mesh, PartitionSpec())


def by_sample(mesh: Mesh) -> NamedSharding:
    """The first axis shared out among the devices."""
    return NamedSharding(mesh, PartitionSpec("data"))


def replicate(mesh: Mesh, tree: PyTree) -> PyTree:
    """`tree` with a copy of each leaf on each device; every process must hold the same values."""
    return jax.device_put(tree, replicated(mesh))


def abstract(mesh: Mesh, make: Callable[[], PyTree]) -> PyTree:
    """Shapes, types and placement of what `make` returns, with a copy on each device."""
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=replicated(mesh)),
        jax.eval_shape(make),
    )


def share_out(mesh: Mesh, batch: np.ndarray) -> Array:
    """`batch`, known to every process, with its first axis shared out among the devices."""
    sharding = by_sample(mesh)
    return jax.make_array_from_callback(batch.shape, sharding, lambda index: batch[index])


def shareable(mesh: Mesh, batch: int) -> int:
    """The batch, rounded up so that each device gets as many."""
    return -(-batch // mesh.size) * mesh.size


def check_divisible(mesh: Mesh, batch: int, accumulate: int) -> None:
    """Check that each device gets the same number of pictures.

    Raises:
        InputError: naming --batch.
    """
    if batch % (mesh.size * accumulate):
        unit = mesh.size * accumulate
        msg = f"`--batch` must be a multiple of {unit} (devices x --accumulate), got {batch}"
        raise InputError(msg)
