(** What each theorem rests on: "Closed under the global context" means on no axiom at all. *)
From IIE Require Import Attacker Theorem1 Rank RowSpace Noise.

Print Assumptions error_is_mean_squared_error.
Print Assumptions error_expanded.
Print Assumptions error_is_closed_form_plus_square.
Print Assumptions ideal_attacker_attains_closed_form.
Print Assumptions closed_form_is_least.
Print Assumptions error_is_closed_form_plus_square_singular.
Print Assumptions closed_form_is_least_singular.
Print Assumptions ideal_iff_normal_equation.
Print Assumptions closed_form_is_well_defined.
Print Assumptions generalised_inverse_exists.
Print Assumptions rank_gram.
Print Assumptions gram_invertible.
Print Assumptions trace_complement_full_rank.
Print Assumptions trace_complement.
Print Assumptions isotropic_full_rank.
Print Assumptions isotropic_any_rank.
Print Assumptions isotropic_least_error.
Print Assumptions closed_form_invariant.
Print Assumptions closed_form_monotone.
Print Assumptions closed_form_of_row_space.
Print Assumptions noisy_error_is_closed_form_plus_square.
Print Assumptions woodbury.
Print Assumptions closed_form_in_information_form.
