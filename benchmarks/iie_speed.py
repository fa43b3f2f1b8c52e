"""Is the exact theory as fast as its floor, and how much faster than the textbook's formulas?

Every case runs its alternative and the floor in the same process, in turn, and prints ratios.
Processor time (all threads together), best of a few rounds, which other load disturbs least.

    OMP_NUM_THREADS=1 python benchmarks/iie_speed.py dense        # d = 4096, against np.linalg.pinv
    OMP_NUM_THREADS=1 python benchmarks/iie_speed.py curve        # all ranks, against one spectrum
    OMP_NUM_THREADS=1 python benchmarks/iie_speed.py structured   # 224 x 224 x 3, against W W^T
    OMP_NUM_THREADS=1 python benchmarks/iie_speed.py monte-carlo  # against its matrix products
    python benchmarks/iie_speed.py import                         # against import numpy
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy
from jaxtyping import Float64
from rich.console import Console
from rich.table import Table

import iie

Steps = dict[str, Callable[[], object]]
Seconds = dict[str, float]


def in_turn(steps: Steps, rounds: int) -> Seconds:
    """Least processor seconds of each step; one of each per round."""
    seconds = dict.fromkeys(steps, float("inf"))
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.process_time()
            step()
            seconds[name] = min(seconds[name], time.process_time() - start)
    return seconds


def peak_gigabytes() -> float:
    """The largest memory of this process so far (VmHWM)."""
    words = Path("/proc/self/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1]) / 2**20


def covariance_matrix(d: int, rng: np.random.Generator) -> Float64[np.ndarray, "d d"]:
    root = rng.standard_normal((d, d))
    return root @ root.T / d + 0.1 * np.eye(d)


def textbook(S: Float64[np.ndarray, "d d"], W: Float64[np.ndarray, "m d"]) -> float:
    """Theorem 1 as it is written, from left to right."""
    return float(np.trace(S) - np.trace(S @ W.T @ np.linalg.pinv(W @ S @ W.T) @ W @ S))


def well_bracketed(S: Float64[np.ndarray, "d d"], W: Float64[np.ndarray, "m d"]) -> float:
    """The same, nothing d x d multiplied, nothing checked."""
    shared = W @ S
    return float(np.trace(S) - np.sum(np.linalg.pinv(shared @ W.T) @ shared * shared))


def dense(quick: bool) -> dict[str, Seconds]:
    """Plain arrays S, W: what a caller pays, checks included."""
    d, rng = 1024 if quick else 4096, np.random.default_rng(0)
    S, results = covariance_matrix(d, rng), {}
    made = iie.DenseCovariance(S)
    for m in (d // 64, d // 16, d // 4, d):
        W = rng.standard_normal((m, d))
        steps: Steps = {
            "ideal_inversion_error(S, W)": lambda W=W: iie.ideal_inversion_error(S, W),
            "the same, S a DenseCovariance": lambda W=W: iie.ideal_inversion_error(made, W),
            "the same, check=False": lambda W=W: iie.ideal_inversion_error(
                iie.DenseCovariance(S, check=False), W
            ),
            "of it, the check of S": lambda: iie.DenseCovariance(S),
            "of it, the product W S": lambda W=W: W @ S,
            "textbook with pinv": lambda W=W: textbook(S, W),
            "well-bracketed textbook, no checks": lambda W=W: well_bracketed(S, W),
        }
        if m < d:
            found = iie.ideal_inversion_error(S, W).total
            np.testing.assert_allclose(found, well_bracketed(S, W), rtol=1e-9)
        results[f"d = {d}, {m} rows"] = in_turn(steps, 1 if m == d else 2)
    return results


def curve(quick: bool) -> dict[str, Seconds]:
    """All ranks of a rank curve, constructor included, against the spectrum alone."""
    d = 1024 if quick else 4096
    S = covariance_matrix(d, np.random.default_rng(0))
    steps: Steps = {
        "rank_curve(S), all ranks": lambda: iie.rank_curve(S),
        "np.linalg.eigvalsh(S)": lambda: np.linalg.eigvalsh(S),
    }
    return {f"d = {d}": in_turn(steps, 1 + quick)}


def structured(quick: bool) -> dict[str, Seconds]:
    """A stationary prior, never as a matrix, with a dense W."""
    side, m = (64, 64) if quick else (224, 512)
    S = iie.StationaryCovariance.natural_images((side, side, 3))
    W = np.random.default_rng(0).standard_normal((m, S.dim))
    before = peak_gigabytes()
    iie.ideal_inversion_error(S, W)
    gigabytes = {"peak memory": peak_gigabytes(), "before, W in it": before}

    def gram() -> None:
        scipy.linalg.blas.dsyrk(1.0, W.T, trans=1)

    steps: Steps = {
        "ideal_inversion_error(S, W)": lambda: iie.ideal_inversion_error(S, W),
        "floor: W W^T, one triangle": gram,
        "floor: two, for W S W^T and W S S W^T": lambda: (gram(), gram()),
        "floor: W read once (its sum)": lambda: W.sum(),
        "S W^T alone, by FFT": lambda: [S.apply(W[i : i + 64].T) for i in range(0, m, 64)],
    }
    return {f"d = {S.dim}, {m} rows": in_turn(steps, 1 + quick), "gigabytes": gigabytes}


def monte_carlo(quick: bool) -> dict[str, Seconds]:
    """Attacks at d = 1024, r = 64, against the products x = F z, y = W x and G y alone."""
    d, r, n, rng = 1024, 64, 20_480 if quick else 1_048_576, np.random.default_rng(0)
    W, matrix = rng.standard_normal((r, d)), covariance_matrix(d, rng)
    S = iie.DenseCovariance(matrix)
    attacker, factor = iie.linear_attacker(S, W), np.linalg.cholesky(matrix)
    chunk = 256

    def products() -> None:
        x = np.empty((chunk, d))
        z, y = rng.standard_normal((chunk, d)), np.empty((chunk, r))
        for _ in range(0, n, chunk):
            np.matmul(z, factor.T, out=x)
            np.matmul(x, W.T, out=y)
            np.matmul(y, attacker.gain.T, out=x)

    numbers = np.empty((chunk, d))
    steps: Steps = {
        "attack_error": lambda: iie.attack_error(attacker, S, W, samples=n, rng=rng),
        "its matrix products": products,
        "its random numbers": lambda: [
            rng.standard_normal(out=numbers) for _ in range(0, n, chunk)
        ],
    }
    seconds = in_turn(steps, 1 + quick)
    return {f"{n:,} samples": seconds, "gigabytes": {"peak memory": peak_gigabytes()}}


def imports(quick: bool) -> dict[str, Seconds]:
    """Processor seconds of fresh interpreters."""

    def run(code: str) -> Callable[[], float]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True).returncode

    names = {"import iie": "import iie", "import numpy": "import numpy", "Python alone": ""}
    steps = {name: run(code) for name, code in names.items()}
    seconds = dict.fromkeys(steps, float("inf"))
    for _ in range(3 if quick else 9):
        for name, step in steps.items():
            start = resource.getrusage(resource.RUSAGE_CHILDREN)
            step()
            end = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
            seconds[name] = min(seconds[name], spent)
    return {"fresh interpreter": seconds}


CASES = {
    "dense": dense,
    "curve": curve,
    "structured": structured,
    "monte-carlo": monte_carlo,
    "import": imports,
}


def main(cases: dict[str, Callable[[bool], dict[str, Seconds]]] = CASES) -> None:
    """Run one case and print its table."""
    parser = argparse.ArgumentParser(
        description="processor seconds and ratios, best of a few rounds"
    )
    parser.add_argument("case", choices=cases)
    parser.add_argument("--quick", action="store_true", help="small sizes, to try the command")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there")
    options = parser.parse_args()
    results = cases[options.case](options.quick)
    table = Table(title=options.case)
    for column in ("", "what", "seconds (GB)", "over the first"):
        table.add_column(column, justify="left" if column in ("", "what") else "right")
    for name, values in results.items():
        first = next(iter(values.values()))
        for what, value in values.items():
            table.add_row(name, what, f"{value:.3f}", f"{value / first:.2f}")
    Console().print(table)
    if options.json:
        machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
        versions = {"numpy": np.__version__, "scipy": scipy.__version__}
        settings = {"case": options.case, "quick": options.quick}
        threads = {"omp_num_threads": os.environ.get("OMP_NUM_THREADS")}
        record = settings | threads | machine | versions | {"results": results}
        options.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
