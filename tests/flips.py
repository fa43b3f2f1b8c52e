"""Damages a folder's files: a reader says so in a sentence or finds the numbers unchanged.

`python tests/flips.py FOLDER [FLIPS]` works on a copy of the folder of a run, a prior or an attack;
every file gets as many flips of a bit, at random places, is cut once and emptied once. It prints
what changed numbers without a word.
"""

import contextlib
import io
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from loft_jax.errors import InputError


def read_run(path):
    """All numbers of a run that later commands use."""
    from loft_jax.fitting.fitted_folder import METRICS, RESULT
    from loft_jax.fitting.trained import load_trained
    from loft_jax.runs import files
    from loft_jax.runs.arrays import fingerprint
    from loft_jax.runs.devices import data_mesh

    run = load_trained(str(path), data_mesh())
    split = {key: value for key, value in run.folder.read("split.json").items()}
    weights = fingerprint((run.classifier.params, run.classifier.stats))
    rows = files.read_lines(path / METRICS)
    told = run.folder.read(RESULT), run.folder.read("environment.json")
    return run.config, run.pictures, run.step, weights, split, rows, told


def read_prior(path):
    """All numbers of a prior that later commands use."""
    from loft_jax.fitting.fitted_folder import RESULT
    from loft_jax.fitting.generators.folder import PUBLIC, TARGET, PriorFolder
    from loft_jax.priors.archive import load_gan, public_hashes
    from loft_jax.runs.arrays import fingerprint

    folder, prior = PriorFolder.open(path), load_gan(path)
    weights = fingerprint((prior.generator, prior.discriminator))
    told = folder.read(PUBLIC), folder.read(TARGET), folder.read(RESULT)
    return folder.config(), prior.architecture, weights, public_hashes(path).tolist(), told


def read_attack(path):
    """All numbers of a judged attack that later commands use."""
    from loft_jax.attacks.folder import INSTANCE, JUDGES, NUMBERS, OUTCOMES, SEARCH, AttackFolder
    from loft_jax.runs.arrays import fingerprint, read_arrays

    folder = AttackFolder.open(path)
    chunks = [folder.read_chunk(index) for index in range(len(list(path.glob("chunks/*"))))]
    if None in chunks:
        msg = "the search makes this chunk again"
        raise InputError(msg)
    bits = fingerprint((chunks, folder.found(), read_arrays(path / OUTCOMES)))
    return folder.config(), bits, *map(folder.read, (INSTANCE, JUDGES, NUMBERS, SEARCH))


READERS = {"prior.npz": read_prior, "instance.json": read_attack, "split.json": read_run}
"""By the file that only such folders have."""


def damages(whole, flips, rng):
    """(what was done, what is left of the file)."""
    for _ in range(flips):
        content = bytearray(whole)
        place, bit = int(rng.integers(len(whole))), int(rng.integers(8))
        content[place] ^= 1 << bit
        yield f"bit {bit} of byte {place} flipped", bytes(content)
    place = int(rng.integers(len(whole)))
    yield f"cut at byte {place}", whole[:place]
    yield "emptied", b""


def damaged(path, read, flips, seed=0):
    """Counts of (refused in a sentence, unchanged), and the damages that did neither."""
    rng, right = np.random.default_rng(seed), read(path)
    refused = unchanged = 0
    silent = []
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        whole = file.read_bytes()
        for what, content in damages(whole, flips, rng) if whole else ():
            file.write_bytes(content)
            try:
                same = read(path) == right
            except InputError as error:
                refused += 1
                if "\n" in str(error):
                    silent.append((file.relative_to(path), what, "several lines"))
            else:
                unchanged += same
                if not same:
                    silent.append((file.relative_to(path), what, "other numbers"))
        file.write_bytes(whole)
    return refused, unchanged, silent


if __name__ == "__main__":
    source, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as place:
        copy = Path(shutil.copytree(source, Path(place) / "copy"))
        reader = next(read for name, read in READERS.items() if (copy / name).is_file())
        # Threads of Orbax's go on telling of damage that is reported already.
        with contextlib.redirect_stderr(io.StringIO()):
            refused, unchanged, silent = damaged(copy, reader, count)
    print(f"{refused} refused, {unchanged} unchanged")
    for one in silent:
        print("WRONG:", *one)
    sys.exit(bool(silent))
