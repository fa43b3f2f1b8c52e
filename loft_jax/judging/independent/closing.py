"""The independent judge in the closing table: who it is, and how often it errs itself."""

from typing import Any

from loft_jax.runs.closing import Row


def own_row(record: dict[str, Any]) -> Row:
    """Its true accepts, beside its other error rates; or why there is no such judge.

    Args:
        record: of `Judgement`.
    """
    if record["name"] is None:
        return "independent judge", "none", record["missing"]
    accepted, rate = record["true_accept_rate"], f"{100 * record['false_accept_rate']:g} %"
    errors = (
        f"equal error rate {record['equal_error_rate']:.4f}, nearest is the right one of "
        f"{record['people']} for {record['retrieval_at_1']:.3f}, on {record['measured_on']}; "
        f"trained on {record['trained_on']}"
    )
    if accepted is None:
        return "independent judge", "none", f"{record['verification_missing']}; {errors}"
    return "independent judge", f"{accepted:.4f}", f"true accepts at {rate} false ones, {errors}"
