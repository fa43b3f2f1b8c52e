"""What the best possible attacker could recover of an input from what a model lets out.

Every function takes arrays, lists or tuples; a covariance S is a matrix, a Covariance or a
Gaussian; `rng` is a generator or a seed. A `noise` is a variance, `noise_std` a standard deviation
and `noise_share` a share of an output's variance; information is in bits; errors are squared and
summed over coordinates. Every result prints readably, and has `to_dict()`, `to_json()` and `==`.

What is believed of the input
    Gaussian, StudentT, GaussianMixture         its law
    as_prior                                    a covariance as a law
    Covariance, as_covariance                   what every covariance can do; a Gaussian as its own
    DenseCovariance, DiagonalCovariance, IsotropicCovariance, LowRankCovariance,
    KroneckerCovariance, StationaryCovariance   its structure
    empirical_covariance, EmpiricalCovariance   of samples, shrunk

What is let out
    Linear, LabelOnly, Quantised, PostProcessed, as_release

What no attacker recovers
    ideal_inversion_error, InversionError       of any law and release: Theorem 1 and beyond
    inversion_errors, InversionErrors           of a batch of filters at once
    formula                                     the same for NumPy, JAX and PyTorch arrays
    ideal_error_law, ErrorLaw                   how it spreads over single inputs
    rational_inversion_error, RationalError     without rounding
    code_error, CodeError                       of any code of an input of few coordinates
    prior_nodes, Nodes                          the points it sums over
    theorem_1_cases, compare, Case, Agreement   three routes to one number

Attackers
    ideal_attacker, linear_attacker, pinv_attacker, ridge_attacker, AffineAttacker
    posterior_sampler, posterior_covariance     what is left to guess
    attack_error, Estimate                      what an attacker achieves, simulated

Bounds for any release, from samples of inputs and of what is released
    lower_bound, upper_bound, Bound, BoundTable no attacker does better; some attacker does as well
    information_upper_bound, InformationLimit, information_bound, bits_bound
    van_trees_bound, weiss_weinstein_bound      of noisy releases, also through a generator
    answer_bits, code_bits, differential_entropy
    bounded_code_guarantee                      whatever the network: codes in [-1, 1] with noise
    unbiased_attacker_dfil, unbiased_attacker_hcr   of unbiased attackers only: no bound on the IIE

Filters
    rank_curve, RankCurve                       error against rank
    most_leaking, least_leaking                 the extremes of every rank, from a spectrum
    truncated, part_errors, PartErrors          one filter cut to lower ranks, and all its parts
    random_filter                               a random one: for large ranks,
    simulated_random_filters, RandomFilters     by simulation,
    random_filter_bound                         and at most
    position, Position                          where one filter lies among all
    filter_report, FilterReport                 the same on samples

Filters for classes
    lda_model, LinearDiscriminantModel, sufficient_rank
    design_filter, trade_off, FilterDesign      the filter that leaks least for its signal
    bayes_accuracy, held_out_accuracy, Accuracy

Bits
    bits_released, mmse                         of a noisy linear release
    distortion, rate                            the Gaussian rate-distortion function
    label_bound, quantised_bound, bits_to_reach_psnr, RateBound

Pictures are in `iie.plots`, commands in `python -m iie --help`.
"""

from iie import formula
from iie.agreement import Agreement, Case, compare, theorem_1_cases
from iie.attackers.affine import (
    AffineAttacker,
    ideal_attacker,
    linear_attacker,
    pinv_attacker,
    posterior_covariance,
    ridge_attacker,
)
from iie.attackers.sampling import posterior_sampler
from iie.attackers.simulation import Estimate, attack_error
from iie.bounds.answers import answer_bits, code_bits
from iie.bounds.entropy import differential_entropy
from iie.bounds.guarantee import bounded_code_guarantee
from iie.bounds.information import InformationLimit, information_upper_bound
from iie.bounds.information_error import information_bound
from iie.bounds.lower import lower_bound
from iie.bounds.rate_distortion import bits_bound
from iie.bounds.result import Bound, BoundTable
from iie.bounds.unbiased import unbiased_attacker_dfil, unbiased_attacker_hcr
from iie.bounds.upper import upper_bound
from iie.bounds.van_trees import van_trees_bound
from iie.bounds.weiss_weinstein import weiss_weinstein_bound
from iie.covariance import (
    Covariance,
    DenseCovariance,
    DiagonalCovariance,
    EmpiricalCovariance,
    IsotropicCovariance,
    KroneckerCovariance,
    LowRankCovariance,
    StationaryCovariance,
    as_covariance,
    empirical_covariance,
)
from iie.error.batch import InversionErrors, inversion_errors
from iie.error.closed_form import ErrorLaw, ideal_error_law, ideal_inversion_error
from iie.error.nodes import Nodes, prior_nodes
from iie.error.quadrature import CodeError, code_error
from iie.error.rational import RationalError, rational_inversion_error
from iie.error.result import InversionError
from iie.filters.curves import (
    Position,
    RankCurve,
    least_leaking,
    most_leaking,
    position,
    random_filter,
    rank_curve,
    truncated,
)
from iie.filters.designs import FilterDesign, design_filter, trade_off
from iie.filters.discriminant import (
    Accuracy,
    LinearDiscriminantModel,
    bayes_accuracy,
    held_out_accuracy,
    lda_model,
    sufficient_rank,
)
from iie.filters.parts import PartErrors, part_errors
from iie.filters.random_simulation import (
    RandomFilters,
    random_filter_bound,
    simulated_random_filters,
)
from iie.filters.report import FilterReport, filter_report
from iie.information.channel import bits_released, mmse
from iie.information.rate_distortion import (
    RateBound,
    bits_to_reach_psnr,
    distortion,
    label_bound,
    quantised_bound,
    rate,
)
from iie.laws import Gaussian, GaussianMixture, StudentT, as_prior
from iie.releases import LabelOnly, Linear, PostProcessed, Quantised, as_release

__version__ = "0.1.0"

__all__ = [
    "Accuracy",
    "AffineAttacker",
    "Agreement",
    "Bound",
    "BoundTable",
    "Case",
    "CodeError",
    "Covariance",
    "DenseCovariance",
    "DiagonalCovariance",
    "EmpiricalCovariance",
    "ErrorLaw",
    "Estimate",
    "FilterDesign",
    "FilterReport",
    "Gaussian",
    "GaussianMixture",
    "InformationLimit",
    "InversionError",
    "InversionErrors",
    "IsotropicCovariance",
    "KroneckerCovariance",
    "LabelOnly",
    "Linear",
    "LinearDiscriminantModel",
    "LowRankCovariance",
    "Nodes",
    "PartErrors",
    "Position",
    "PostProcessed",
    "Quantised",
    "RandomFilters",
    "RankCurve",
    "RateBound",
    "RationalError",
    "StationaryCovariance",
    "StudentT",
    "answer_bits",
    "as_covariance",
    "as_prior",
    "as_release",
    "attack_error",
    "bayes_accuracy",
    "bits_bound",
    "bits_released",
    "bits_to_reach_psnr",
    "bounded_code_guarantee",
    "code_bits",
    "code_error",
    "compare",
    "design_filter",
    "differential_entropy",
    "distortion",
    "empirical_covariance",
    "filter_report",
    "formula",
    "held_out_accuracy",
    "ideal_attacker",
    "ideal_error_law",
    "ideal_inversion_error",
    "information_bound",
    "information_upper_bound",
    "inversion_errors",
    "label_bound",
    "lda_model",
    "least_leaking",
    "linear_attacker",
    "lower_bound",
    "mmse",
    "most_leaking",
    "part_errors",
    "pinv_attacker",
    "position",
    "posterior_covariance",
    "posterior_sampler",
    "prior_nodes",
    "quantised_bound",
    "random_filter",
    "random_filter_bound",
    "rank_curve",
    "rate",
    "rational_inversion_error",
    "ridge_attacker",
    "simulated_random_filters",
    "sufficient_rank",
    "theorem_1_cases",
    "trade_off",
    "truncated",
    "unbiased_attacker_dfil",
    "unbiased_attacker_hcr",
    "upper_bound",
    "van_trees_bound",
    "weiss_weinstein_bound",
]
