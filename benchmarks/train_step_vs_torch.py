"""Is a training step in JAX as fast as the same step in eager PyTorch on a CPU?

The same architecture, batch and optimiser (AdamW), float32: forward, backward and update, in turn
JAX, PyTorch in its default layout, PyTorch channels-last, many rounds in one process. Medians, and
the median over rounds of the ratio of neighbours, which other load on the machine disturbs least.
Needs the extra `bench`.

    python benchmarks/train_step_vs_torch.py --trunk small_cnn --size 32 --batch 64
    python benchmarks/train_step_vs_torch.py --trunk resnet18 --size 64 --batch 32

On a machine with other work, wall time says little: OpenMP's threads wait for each other far longer
than XLA's do. One core and processor time stay fair:

    taskset -c 0 python benchmarks/train_step_vs_torch.py --threads 1 --cpu-time
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import optax
import torch
from flax import nnx
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional

from loft_jax.defenses.loft import LoFt
from loft_jax.defenses.network import build_classifier
from loft_jax.nets.trunks.resnet import POOLED_STEM_FROM
from loft_jax.nets.trunks.small_cnn import POOL_AFTER, WIDTHS
from loft_jax.runs.allocator import keep_freed_memory

CLASSES, CHANNELS, RANK, RATE = 128, 3, 64, 1e-3


def torch_conv(inputs: int, outputs: int, size: int, stride: int = 1) -> torch.nn.Sequential:
    conv = torch.nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return torch.nn.Sequential(conv, torch.nn.BatchNorm2d(outputs))


class TorchBlock(torch.nn.Module):
    """Basic residual block, as in loft_jax.nets.trunks.resnet."""

    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        self.first = torch_conv(inputs, width, 3, stride)
        self.second = torch_conv(width, width, 3)
        same = inputs == width and stride == 1
        self.shortcut = torch.nn.Identity() if same else torch_conv(inputs, width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """The block's output."""
        y = self.second(functional.relu(self.first(x), inplace=True))
        return functional.relu(y + self.shortcut(x), inplace=True)


def torch_residual(width: int, stem_stride: int, pooled: bool) -> list[torch.nn.Module]:
    layers = [torch_conv(CHANNELS, width, 3, stem_stride), torch.nn.ReLU(inplace=True)]
    layers += [torch.nn.MaxPool2d(2)] if pooled else []
    inputs = width
    for stage in range(4):
        for stride in (2 if stage else 1, 1):
            layers.append(TorchBlock(inputs, width << stage, stride))
            inputs = width << stage
    return layers


def torch_small_cnn(size: int) -> list[torch.nn.Module]:
    layers: list[torch.nn.Module] = []
    for i, width in enumerate(WIDTHS):
        inputs = WIDTHS[i - 1] if i else CHANNELS
        layers += [torch_conv(inputs, width, 3), torch.nn.ReLU(inplace=True)]
        layers += [torch.nn.MaxPool2d(2)] if i in POOL_AFTER else []
    return layers


TORCH_TRUNKS: dict[str, Callable[[int], list[torch.nn.Module]]] = {
    "small_cnn": torch_small_cnn,
    "small_resnet": lambda size: torch_residual(24, stem_stride=2, pooled=False),
    "resnet18": lambda size: torch_residual(64, stem_stride=1, pooled=size >= POOLED_STEM_FROM),
}


def torch_step(trunk: str, images: np.ndarray, labels: np.ndarray, layout: torch.memory_format):
    """A function that runs one step and returns the loss, and the number of parameters."""
    layers = TORCH_TRUNKS[trunk](images.shape[1])
    layers += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    layers += [torch.nn.LazyLinear(RANK), torch.nn.Tanh(), torch.nn.Linear(RANK, CLASSES)]
    x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=layout)
    y = torch.from_numpy(labels).long()
    model = torch.nn.Sequential(*layers)
    model(x)
    model = model.to(memory_format=layout)  # pyright: ignore[reportCallIssue]
    optimizer = torch.optim.AdamW(model.parameters(), RATE)

    def step() -> float:
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(2 * x - 1), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, sum(p.numel() for p in model.parameters())


def jax_step(trunk: str, images: np.ndarray, labels: np.ndarray):
    """A function that runs one step and returns the loss, the parameters, the compile seconds."""
    model = build_classifier(
        trunk,
        LoFt(RANK),
        size=images.shape[1],
        channels=CHANNELS,
        classes=CLASSES,
        compute_dtype="float32",
        rngs=nnx.Rngs(0),
    )
    graphdef, params, stats = nnx.split(model, nnx.Param, nnx.BatchStat)
    optimizer = optax.adamw(RATE, weight_decay=1e-2)
    x, y = jax.device_put(images), jax.device_put(labels)

    def loss(params, stats):
        model = nnx.merge(graphdef, params, stats, copy=True)
        value = optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()
        return value, nnx.state(model, nnx.BatchStat)

    def update(params, stats, moments):
        (value, stats), grads = jax.value_and_grad(loss, has_aux=True)(params, stats)
        updates, moments = optimizer.update(grads, moments, params)
        return (optax.apply_updates(params, updates), stats, moments), value

    state = (params, stats, optimizer.init(params))
    start = time.perf_counter()
    compiled = jax.jit(update, donate_argnums=(0, 1, 2)).lower(*state).compile()
    compile_seconds = time.perf_counter() - start

    def step() -> float:
        nonlocal state
        state, value = compiled(*state)
        return float(value)

    return step, sum(leaf.size for leaf in jax.tree.leaves(params)), compile_seconds


def in_turn(
    steps: dict[str, Callable[[], float]], repeats: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Seconds of every step, one of each per round after two warm-up rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats + 2):
        for name, step in steps.items():
            start = clock()
            step()
            seconds[name].append(clock() - start)
    return {name: values[2:] for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--trunk", choices=TORCH_TRUNKS, default="small_cnn")
    parser.add_argument("--size", type=int, default=32, help="image side in pixels")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=30, help="rounds of one step each")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="PyTorch's threads")
    parser.add_argument("--cpu-time", action="store_true", help="processor instead of wall time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there")
    options = parser.parse_args()
    keep_freed_memory()  # as the training command does; PyTorch gains as well
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    shape = (options.batch, options.size, options.size, CHANNELS)
    batch = rng.random(shape, np.float32), rng.integers(0, CLASSES, options.batch, np.int32)

    run_jax, parameters, compile_seconds = jax_step(options.trunk, *batch)
    default, torch_parameters = torch_step(options.trunk, *batch, torch.contiguous_format)
    last, _ = torch_step(options.trunk, *batch, torch.channels_last)
    if parameters != torch_parameters:
        msg = f"not the same architecture: {parameters} and {torch_parameters} parameters"
        raise AssertionError(msg)
    steps = {"JAX": run_jax, "PyTorch default layout": default, "PyTorch channels-last": last}
    clock = time.process_time if options.cpu_time else time.perf_counter
    seconds = in_turn(steps, options.repeats, clock)

    ours = np.array(seconds["JAX"])
    result = {name: {"median_ms": 1e3 * np.median(s)} for name, s in seconds.items()}
    for name, values in seconds.items():
        result[name]["speed_of_jax_over_it"] = float(np.median(np.array(values) / ours))
    table = Table(title=f"{options.trunk}, {options.size} px, batch {options.batch}, float32")
    for column in ("", "ms a step (median)", "speed of JAX over it"):
        table.add_column(column, justify="left" if not column else "right")
    for name, row in result.items():
        table.add_row(name, f"{row['median_ms']:.1f}", f"{row['speed_of_jax_over_it']:.2f}")
    console = Console()
    console.print(table)
    console.print(f"JAX compiled in {compile_seconds:.1f} s; {parameters:,} parameters each.")
    if options.json:
        machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        versions = {"jax": jax.__version__, "torch": torch.__version__}
        settings = {k: v for k, v in vars(options).items() if k != "json"}
        record = settings | machine | versions | {"compile_seconds": compile_seconds} | result
        options.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
