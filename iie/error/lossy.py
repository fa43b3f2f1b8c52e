"""Releases that lose something on purpose: bounds from bits, and from processing afterwards.

Source of all: ours (data processing, rate-distortion, law of total variance).
Proof: proofs/quantised_release.py, proofs/label_only.py
"""

from typing import Any

from iie.error.result import A1, A3, InversionError, inversion_error
from iie.laws import Gaussian, GaussianMixture, Prior
from iie.releases import LabelOnly, PostProcessed, Quantised


def label_only_error(prior: Prior, release: LabelOnly) -> InversionError:
    """The error that a label leaves: exact if it is the component of a mixture, else a bound."""
    variance = prior.covariance.trace()
    if isinstance(prior, GaussianMixture) and release.classes == len(prior.weights):
        total = float(prior.weights @ [S.trace() for S in prior.components])
        return inversion_error(
            total,
            variance,
            prior.dim,
            "exact",
            formula="sum_k p_k tr S_k",
            source="ours: law of total variance",
            assumptions=(
                "A1: the private input is a mixture with weights p_k and covariances S_k",
                "A2: nothing but the label is released, and the label is the component",
                A3,
            ),
        )
    if not isinstance(prior, Gaussian):
        msg = (
            f"`release` must be Linear for a {type(prior).__name__} prior, or a label for each"
            f" component of a mixture: the bound from bits needs a Gaussian; got {release}"
        )
        raise ValueError(msg)  # noqa: TRY004
    total = _distortion(prior, release.bits)
    return inversion_error(total, variance, prior.dim, "lower bound", **_bits_facts(release))


def quantised_error(prior: Prior, release: Quantised, inner: InversionError) -> InversionError:
    """The larger of two lower bounds: few bits, and no more than the inner release tells."""
    variance = prior.covariance.trace()
    floor = _floor(inner)
    assumed = (
        *inner.assumptions,
        f"A4: {release.outputs} outputs of {release.bits_per_output:g} bits",
    )
    if isinstance(prior, Gaussian):
        bound = _distortion(prior, release.bits)
        if floor is None or bound >= floor:
            facts = {**_bits_facts(release), "rank": inner.rank, "cutoff": inner.cutoff}
            return inversion_error(bound, variance, prior.dim, "lower bound", **facts)
    elif floor is not None:
        assumed = (*assumed, "the bound from bits needs a Gaussian prior and was not used")
    if floor is None:
        msg = f"`release` must have a known lower bound before it is quantised, got {inner.kind}"
        raise ValueError(msg)
    return _processed(inner, floor, prior, assumed)


def post_processed_error(
    prior: Prior, release: PostProcessed, inner: InversionError
) -> InversionError:
    """What is left after g: the same if g can be undone, otherwise at least as much."""
    if release.injective:
        note = f"A4: {release.name} is injective and exact, so it can be undone"
        facts = {**vars(inner), "assumptions": (*inner.assumptions, note)}
        facts["source"] = "data processing (ours); " + inner.source
        return InversionError(**facts)
    floor = _floor(inner)
    if floor is None:
        msg = f"`release` must have a known lower bound before {release.name}, got {inner.kind}"
        raise ValueError(msg)
    note = f"A4: {release.name} may lose information, so the error can only be larger"
    return _processed(inner, floor, prior, (*inner.assumptions, note))


def _processed(
    inner: InversionError, floor: float, prior: Prior, assumptions: tuple[str, ...]
) -> InversionError:
    """`floor` of the inner release as a lower bound on what is left after processing."""
    return inversion_error(
        floor,
        prior.covariance.trace(),
        prior.dim,
        "lower bound",
        rank=inner.rank,
        cutoff=inner.cutoff,
        formula=inner.formula,
        source="data processing (ours); " + inner.source,
        assumptions=assumptions,
    )


def _floor(error: InversionError) -> float | None:
    """What the IIE is at least, for certain."""
    if error.kind in ("exact", "lower bound"):
        return error.total
    return None if error.interval is None else error.interval[0]


def _distortion(prior: Prior, bits: float) -> float:
    from iie.information.rate_distortion import distortion

    return distortion(prior.covariance.spectrum(), bits)


def _bits_facts(release: LabelOnly | Quantised) -> dict[str, Any]:
    return {
        "formula": "sum_i min(q, l_i) with sum_i 1/2 log2 max(l_i / q, 1) = bits",
        "source": "ours: data processing and the Gaussian rate-distortion function",
        "assumptions": (
            A1,
            f"A2: the release takes at most 2^{release.bits:g} values; f may be any function",
            A3,
        ),
    }
