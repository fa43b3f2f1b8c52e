"""What the numbers of the toy say, in sentences that are written only if the numbers bear them."""

from typing import Any

Numbers = dict[str, list[dict[str, Any]]]


def conclusions(numbers: Numbers, label: float, starts: int) -> list[str]:
    """Sentences on the networks' numbers.

    Args:
        numbers: of each architecture, one entry a trained network.
        label: the IIE of the label, as a share of the variance.
        starts: of the attack on the classes of one network.
    """
    codes = {name: _mean(rows, "code", "iie") for name, rows in numbers.items()}
    most, least = max(codes, key=codes.__getitem__), min(codes, key=codes.__getitem__)
    networks = len(next(iter(numbers.values())))
    said = [
        f"With noise of a tenth of its standard deviation, the code of '{least}' leaves "
        f"{_percent(codes[least])} of the input's variance unknown, that of '{most}' "
        f"{_percent(codes[most])}; the label alone leaves {_percent(label)} (means over {networks} "
        f"trained network{'s' * (networks > 1)} each).",
        _bound(numbers),
    ]
    if {"LoFt, tanh", "LoFt, no tanh"} <= numbers.keys():
        said.append(_activation(numbers, starts))
    return said


def _bound(numbers: Numbers) -> str:
    """Whether the attacks on codes keep above the exact error, in standard errors."""
    gaps, ratios = [], []
    for rows in numbers.values():
        for row in rows:
            attack, exact = row["code_attack"], row["code"]
            sem = (attack["standard_error"] ** 2 + exact["uncertainty"] ** 2) ** 0.5
            gaps.append((attack["error"] - exact["iie"]) / sem)
            ratios.append(attack["error"] / exact["iie"])
    below = sum(gap < -4 for gap in gaps)
    if below:
        return (
            f"{below} of {len(gaps)} attacks on a code came out more than 4 standard errors below "
            "the ideal inversion error, which cannot be: do not trust these numbers."
        )
    return (
        f"No attack on a code came out below its ideal inversion error by more than 4 standard "
        f"errors; over {len(gaps)} networks, the attack's error is {min(ratios):.2f} to "
        f"{max(ratios):.2f} times the ideal one."
    )


def _activation(numbers: Numbers, starts: int) -> str:
    """The two LoFt heads: what theory sees of the tanh, and what the class attack sees."""
    squashed, plain = numbers["LoFt, tanh"], numbers["LoFt, no tanh"]
    success = [[row["class_attack"]["success"] for row in rows] for rows in (squashed, plain)]
    errors = [[row["code"]["iie"] for row in rows] for rows in (squashed, plain)]
    text = (
        f"With the tanh, ascent of the class probability ends in the target class from "
        f"{_span(success[0])} of its starts, without it from {_span(success[1])}; the ideal "
        f"inversion error of the code is {_span(errors[0])} with and {_span(errors[1])} without."
    )
    # Two standard errors of the difference of two shares of the stated number of starts.
    slack = 2 * (2 * 0.25 / starts) ** 0.5
    lower, apart = max(success[0]) + slack < min(success[1]), not _overlap(*errors)
    several = f" In all {len(squashed)} networks of each kind,"
    if len(squashed) == 1:
        return text + " One network each: no statement on the tanh in general."
    attacked = (
        "the tanh hinders this attack"
        if lower
        else "any effect on this attack is within what networks and starts differ by"
    )
    more = "more" if min(errors[0]) > max(errors[1]) else "less"
    known = f"the tanh's code leaves {more} unknown" if apart else "neither code tells less"
    return f"{text}{several} {attacked}, and {known}."


def _overlap(a: list[float], b: list[float]) -> bool:
    return max(min(a), min(b)) <= min(max(a), max(b))


def _mean(rows: list[dict[str, Any]], *keys: str) -> float:
    values = [row[keys[0]][keys[1]] for row in rows]
    return sum(values) / len(values)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _span(shares: list[float]) -> str:
    low, high = _percent(min(shares)), _percent(max(shares))
    return low if low == high else f"{low} to {high}"
