"""The first sentence of an audit: what one answer gives away, and what the weights do."""

from typing import Any

from loft_jax.auditing.limits import share_found
from loft_jax.auditing.subjects import MAIN

WHAT = {MAIN: "who is on it", "picture": "how it looks"}


def sentence(releases: list[dict[str, Any]], classes: dict[str, Any] | None) -> str:
    """One sentence of each threat, from audit.json.

    Args:
        releases: of audit.json, one or more.
        classes: its class level; None where that was not measured.
    """
    worst = min(releases, key=lambda one: one["upper"])
    read, most = 1 - worst["upper"], 1 - worst["lower"]
    told = f"From one answer about a picture ({worst['release']}) "
    # An end above 1: on other people every decoder does worse than the mean picture.
    told += f"an attacker reads {percent(read)}" if read > 0 else "no decoder here reads anything"
    told += f" of {WHAT[worst['of']]}; "
    told += (
        f"nobody can read more than {percent(most)}."
        if worst["lower"] > 0
        else "nothing proves that nobody reads more."
    )
    hidden = [one for one in releases if one["lower"] > 0 and one is not worst]
    if hidden and worst["lower"] == 0:
        best = max(hidden, key=lambda one: one["lower"])
        told += f" Where only one other is let out ({best['release']}) nobody can read more than "
        told += f"{percent(1 - best['lower'])}."
    return told if classes is None else f"{told} {of_classes(classes)}"


def of_classes(classes: dict[str, Any]) -> str:
    """What the attack on classes found."""
    measures = classes["measures"]
    name = "retrieval_at_1" if "retrieval_at_1" in measures else "accuracy_at_1"
    value, low, high = measures[name]
    verb = "retrieves" if name == "retrieval_at_1" else "finds, by evaluators,"
    told = (
        f"From the weights the attack {classes['attack']} {verb} {percent(value)} of "
        f"{classes['classes']} classes{_within(low, high)}"
    )
    if control := measures.get(f"lookalike_{name}"):
        told += f"; the same without a search {percent(control[0])}"
    if verified := share_found(measures, "verified"):
        share, low, high = verified
        told += f"; a judge that never saw them verifies {percent(share)}{_within(low, high)}"
        strangers = measures.get("independent_lookalike_verification")
        told += f", without a search {percent(strangers[0])}" if strangers else ""
    return f"{told}."


def percent(share: float) -> str:
    """A share in words: whole per cent, one digit more below ten."""
    value = 100 * share
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"


def _within(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f" ({percent(low)} to {percent(high)})"
