(** The isotropic case: the least error is s^2 (d - rank W), for every W over a real field. *)
From mathcomp Require Import all_ssreflect all_algebra.
From IIE Require Import Attacker Positive Theorem1.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma trace_idempotent (F : fieldType) n (E : 'M[F]_n) :
  E *m E = E -> \tr E = (\rank E)%:R.
Proof.
move=> idempotent; rewrite -{1}(mulmx_base E) mxtrace_mulC.
suff -> : row_base E *m col_base E = 1%:M by rewrite mxtrace1.
apply: (row_free_inj (row_base_free E)); apply: (row_full_inj (col_base_full E)).
by rewrite /= mul1mx -(mulmxA (row_base E)) mulmx_base mulmxA mulmx_base idempotent.
Qed.

Section Gram.
Variables (F : realFieldType) (m d : nat) (W : 'M[F]_(m, d)).

Lemma kernel_of_gram k (V : 'M[F]_(k, m)) : V *m (W *m W^T) = 0 -> V *m W = 0.
Proof.
have sym1 : symmetric (1%:M : 'M[F]_d) by apply: trmx1.
have := @kernel_of_release F m d 1%:M W sym1 (@identity_psd F d) k V.
by rewrite /release !mulmx1.
Qed.

Theorem rank_gram : \rank (W *m W^T) = \rank W.
Proof.
apply/eqP; rewrite eqn_leq mxrankM_maxl /=.
have : (kermx (W *m W^T) <= kermx W)%MS by apply/sub_kermxP/kernel_of_gram/mulmx_ker.
by move/mxrankS; rewrite !mxrank_ker leq_subCl subKn ?rank_leq_row.
Qed.

(** W W^T is invertible when the rows of W are independent. *)
Theorem gram_invertible : row_free W -> W *m W^T \in unitmx.
Proof. by rewrite -row_free_unit /row_free rank_gram. Qed.

(** (b) The projector onto the complement of the row space has trace d - m. *)
Theorem trace_complement_full_rank :
  row_free W -> \tr (1%:M - W^T *m invmx (W *m W^T) *m W) = (d - m)%:R.
Proof.
move=> free; rewrite linearB /= mxtrace1 mxtrace_mulC mulmxA mulmxV ?gram_invertible //.
by rewrite mxtrace1 natrB // -(eqP free) rank_leq_col.
Qed.

(** The same for any rank, with any generalised inverse of W W^T. *)
Theorem trace_complement (X : 'M[F]_m) :
  W *m W^T *m X *m (W *m W^T) = W *m W^T ->
  \tr (1%:M - W^T *m X *m W) = (d - \rank W)%:R.
Proof.
set K := W *m W^T => inverse.
rewrite linearB /= mxtrace1 natrB ?rank_leq_col // mxtrace_mulC mulmxA -/K; congr (_ - _).
rewrite trace_idempotent; last by rewrite mulmxA inverse.
congr _%:R; apply/eqP; rewrite -rank_gram -/K eqn_leq mxrankM_maxl /=.
by rewrite -{1}inverse mxrankM_maxl.
Qed.

Lemma release_isotropic (s : F) : release (s ^+ 2)%:M W = s ^+ 2 *: (W *m W^T).
Proof. by rewrite /release mul_mx_scalar scalemxAl. Qed.

Lemma closed_form_isotropic (s : F) (X : 'M[F]_m) : s != 0 ->
  closed_form (s ^+ 2)%:M W ((s ^- 2) *: X) = s ^+ 2 * \tr (1%:M - W^T *m X *m W).
Proof.
move=> s_neq0; have s2_neq0 : s ^+ 2 != 0 by rewrite expf_neq0.
rewrite /closed_form mul_mx_scalar mul_scalar_mx -!scalemxAl -scalemxAr -scalemxAl scalerKV //.
by rewrite linearZ /= -scalemx1 linearZ /= linearB /= mulrBr.
Qed.

Lemma closed_form_zero (s : F) (X : 'M[F]_m) : s = 0 -> closed_form (s ^+ 2)%:M W X = 0.
Proof.
move->; rewrite expr2 mul0r.
by rewrite /closed_form mul_mx_scalar scale0r raddf0 mxtrace0 subrr.
Qed.

Corollary isotropic_full_rank (s : F) : row_free W ->
  closed_form (s ^+ 2)%:M W (invmx (release (s ^+ 2)%:M W)) = s ^+ 2 * (d - m)%:R.
Proof.
move=> free; have [s0|s_neq0] := eqVneq s 0.
  by rewrite closed_form_zero // s0 expr2 !mul0r.
have s2_neq0 : s ^+ 2 != 0 by rewrite expf_neq0.
rewrite release_isotropic invmxZ ?unitmxZ ?unitfE ?gram_invertible //.
by rewrite closed_form_isotropic // trace_complement_full_rank.
Qed.

Corollary isotropic_any_rank (s : F) (X : 'M[F]_m) :
  release (s ^+ 2)%:M W *m X *m release (s ^+ 2)%:M W = release (s ^+ 2)%:M W ->
  closed_form (s ^+ 2)%:M W X = s ^+ 2 * (d - \rank W)%:R.
Proof.
have [s0|s_neq0] := eqVneq s 0; first by rewrite closed_form_zero // s0 expr2 !mul0r.
have s2_neq0 : s ^+ 2 != 0 by rewrite expf_neq0.
rewrite release_isotropic -[X](scalerK s2_neq0); move: (s ^+ 2 *: X) => Y.
rewrite -!scalemxAl -!scalemxAr -scalemxAl scalerKV // => /(scalerI s2_neq0) inverse.
by rewrite closed_form_isotropic // trace_complement.
Qed.

(** Theorem 1, isotropic: s^2 (d - rank W) is the least error of a linear attacker, and attained. *)
Theorem isotropic_least_error (s : F) :
  (forall A, s ^+ 2 * (d - \rank W)%:R <= error (s ^+ 2)%:M W A)
  /\ exists A, error (s ^+ 2)%:M W A = s ^+ 2 * (d - \rank W)%:R.
Proof.
pose S : 'M[F]_d := (s ^+ 2)%:M.
have symS : symmetric S by apply: tr_scalar_mx.
have psdS : positive_semidefinite S.
  move=> v; rewrite /form mul_mx_scalar -scalemxAl mxE mulr_ge0 ?sqr_ge0 //.
  by have := identity_psd v; rewrite /form mulmx1.
have inverse := generalised_inverse_exists S W.
rewrite -(isotropic_any_rank inverse) -/S; split=> [A|].
  exact: closed_form_is_least_singular.
exists (gain S W (pinvmx (release S W))).
exact/ideal_iff_normal_equation/generalised_normal_equation.
Qed.

End Gram.
