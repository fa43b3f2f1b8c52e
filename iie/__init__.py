"""What the best possible attacker could recover of an input from what a model lets out."""

from iie.agreement import Agreement as Agreement
from iie.agreement import Case as Case
from iie.agreement import compare as compare
from iie.agreement import theorem_1_cases as theorem_1_cases
from iie.attackers import AffineAttacker as AffineAttacker
from iie.attackers import ideal_attacker as ideal_attacker
from iie.attackers import pinv_attacker as pinv_attacker
from iie.attackers import posterior_covariance as posterior_covariance
from iie.closed_form import ErrorLaw as ErrorLaw
from iie.closed_form import InversionError as InversionError
from iie.closed_form import ideal_error_law as ideal_error_law
from iie.closed_form import ideal_inversion_error as ideal_inversion_error
from iie.monte_carlo import Estimate as Estimate
from iie.monte_carlo import attack_error as attack_error
