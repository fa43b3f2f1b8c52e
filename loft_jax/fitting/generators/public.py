"""The public pictures of a prior: to learn from, kept for FID, and what tells them from others."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8, UInt64

from loft_jax.data.public import check_disjoint, fingerprint, load_public, picture_hashes
from loft_jax.data.sources.table import row_of
from loft_jax.errors import InputError
from loft_jax.fitting.generators.material import held_out
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.session import load_data
from loft_jax.fitting.trained import Trained
from loft_jax.priors.architecture import check_side


class Public(NamedTuple):
    """Public pictures: to learn from, kept for FID, and the hashes of all."""

    seen: UInt8[np.ndarray, "a h w ch"]
    kept: UInt8[np.ndarray, "b h w ch"]
    hashes: UInt64[np.ndarray, " n"]

    def described(self, data: str) -> dict[str, Any]:
        """What public.json holds of the pictures that `data` names: a law, or what it gave."""
        name, source = row_of(data)
        # What a law draws may differ in the last bit on another machine.
        told = {"fingerprint": fingerprint(self.hashes)}
        if source.law is not None:
            told = {"law": name, "version": source.version}
        return {"pictures": len(self.hashes), **told}


def public_pictures(
    config: FitConfig,
    target: Trained | None,
    progress: Callable[[int, int], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Public:
    """The pictures that `--data` names, none of which may be the target's own.

    Args:
        config: names them.
        target: the classifier that the prior is fitted to, if any.
        progress: called with (done, of so many) while much is read or drawn.
        tell: called with a sentence on what is left out.

    Raises:
        InputError: if they are not as they must be.
    """
    size, channels = config.size, config.channels
    if target is not None:
        for flag, asked, needed in (
            ("size", size, target.pictures.size),
            ("channels", channels, target.pictures.channels),
        ):
            if asked not in (None, needed):
                msg = f"`--{flag}` must be the target's {needed}, got {asked}"
                raise InputError(msg)
        size, channels = target.pictures.size, target.pictures.channels
    if size is not None:
        check_side(size)
    images = load_public(
        config.data,
        size=size,
        channels=channels,
        seed=config.seed,
        count=config.count,
        first=config.first_pictures,
        progress=progress,
        tell=tell,
    )
    if len(images) < 16:
        msg = f"`--data` must hold at least 16 pictures, got {len(images)} in {config.data}"
        raise InputError(msg)
    hashes = picture_hashes(images)
    if target is not None:
        check_disjoint(hashes, picture_hashes(load_data(target.config).images))
    return Public(*held_out(images, config.seed), hashes)
