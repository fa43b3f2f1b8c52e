"""What is taken from result.json of a run: by those who begin with it or judge, and to tell it."""

from dataclasses import dataclass

from loft_jax.errors import InputError
from loft_jax.runs.parts import Count, Number, Positive, Share


@dataclass(frozen=True)
class Learnt:
    """How well it learnt, and in what time."""

    test_accuracy: Share
    seconds_compile: Positive
    seconds_train: Positive


@dataclass(frozen=True)
class ToldRun(Learnt):
    """What the closing table tells."""

    test_accuracy_low: Number
    test_accuracy_high: Number
    pictures: Count
    validation_accuracy: Share | None
    head_weight_rank: Count
    feature_width: Count
    feature_rank: Count
    feature_effective_rank: Positive
    code_rank: Count | None
    code_effective_rank: Positive | None
    seconds_evaluate: Positive
    seconds_total: Positive
    peak_memory_bytes: Count
    remark: str | None
    best_epoch: Count | None = None
    pca_lda_accuracy: Share | None = None
    guarantee: str | None = None
    epsilon: Positive | None = None
    epsilon_if_sampled: Positive | None = None
    delta: Positive | None = None

    def check(self) -> None:
        """Check what goes together.

        Raises:
            InputError: naming what is missing.
        """
        for name, needed in (
            ("validation_accuracy", "best_epoch"),
            ("code_rank", "code_effective_rank"),
            ("epsilon", "epsilon_if_sampled"),
            ("epsilon", "delta"),
        ):
            if getattr(self, name) is not None and getattr(self, needed) is None:
                msg = f"`{needed}` must be there beside `{name}`, got none"
                raise InputError(msg)
