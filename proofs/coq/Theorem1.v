(** Theorem 1 for linear attackers: error = closed form + the cost of not being the ideal gain. *)
From mathcomp Require Import all_ssreflect all_algebra.
From IIE Require Import Attacker Positive.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section AnyField.
Variables (F : fieldType) (m d : nat) (S : 'M[F]_d) (W : 'M[F]_(m, d)).
Local Notation K := (release S W).

(** S W^T X, the ideal gain A* when X inverts K = W S W^T. *)
Definition gain (X : 'M[F]_m) : 'M[F]_(d, m) := S *m W^T *m X.

(** tr S - tr(S W^T X W S) *)
Definition closed_form (X : 'M[F]_m) : F := \tr S - \tr (S *m W^T *m X *m W *m S).

Lemma release_symmetric : symmetric S -> symmetric K.
Proof. by move=> symS; rewrite /symmetric /release !trmx_mul trmxK symS mulmxA. Qed.

Lemma error_of_normal_equation (A : 'M[F]_(d, m)) (X : 'M[F]_m) :
  symmetric S -> gain X *m K = S *m W^T ->
  error S W A = closed_form X + \tr ((A - gain X) *m K *m (A - gain X)^T).
Proof.
move=> symS normal; rewrite error_expanded // -addrA.
have := complete_square A (release_symmetric symS) normal.
by rewrite trmx_mul trmxK symS !mulmxA mulNrn => ->; rewrite addrA /closed_form /gain.
Qed.

(** (a) W S W^T invertible, S symmetric: any field, any sizes, any attacker. *)
Theorem error_is_closed_form_plus_square (A : 'M[F]_(d, m)) :
  symmetric S -> K \in unitmx ->
  error S W A = closed_form (invmx K)
    + \tr ((A - gain (invmx K)) *m K *m (A - gain (invmx K))^T).
Proof.
by move=> symS unitK; apply: error_of_normal_equation => //; rewrite /gain mulmxKV.
Qed.

Theorem ideal_attacker_attains_closed_form :
  symmetric S -> K \in unitmx -> error S W (gain (invmx K)) = closed_form (invmx K).
Proof.
move=> symS unitK; rewrite error_is_closed_form_plus_square //.
by rewrite subrr !mul0mx mxtrace0 addr0.
Qed.

End AnyField.

Section RealField.
Variables (F : realFieldType) (m d : nat) (S : 'M[F]_d) (W : 'M[F]_(m, d)).
Local Notation K := (release S W).

Corollary closed_form_is_least (A : 'M[F]_(d, m)) :
  symmetric S -> K \in unitmx -> positive_semidefinite K ->
  closed_form S W (invmx K) <= error S W A.
Proof.
move=> symS unitK psd; rewrite error_is_closed_form_plus_square //.
by rewrite ler_addl; apply: trace_congruence_ge0.
Qed.

(** From here on S is a covariance, perhaps singular, W of any rank, and X any generalised inverse
    of K (K X K = K): the Moore-Penrose pseudo-inverse is one, [pinvmx] of the library another. *)
Hypotheses (symS : symmetric S) (psdS : positive_semidefinite S).

Lemma kernel_of_release k (V : 'M[F]_(k, m)) : V *m K = 0 -> V *m W *m S = 0.
Proof.
move=> null; apply/row_matrixP => i; rewrite row0 row_mul.
apply: form_eq0 => //; rewrite /form row_mul trmx_mul !mulmxA.
move/row_matrixP/(_ i): null; rewrite row0 row_mul /release !mulmxA => ->.
by rewrite mul0mx mxE.
Qed.

Lemma generalised_normal_equation (X : 'M[F]_m) :
  K *m X *m K = K -> gain S W X *m K = S *m W^T.
Proof.
move=> inverse; apply/eqP; rewrite -subr_eq0 -trmx_eq0; apply/eqP.
have symK := release_symmetric W symS.
have -> : (gain S W X *m K - S *m W^T)^T = (K *m X^T - 1%:M) *m W *m S.
  by rewrite linearB /= trmx_mul symK /gain !trmx_mul trmxK symS !mulmxBl mul1mx !mulmxA.
apply: kernel_of_release; rewrite mulmxBl mul1mx.
have := congr1 trmx inverse.
by rewrite (trmx_mul _ K) (trmx_mul K) symK mulmxA => ->; rewrite subrr.
Qed.

Theorem error_is_closed_form_plus_square_singular (A : 'M[F]_(d, m)) (X : 'M[F]_m) :
  K *m X *m K = K ->
  error S W A = closed_form S W X + \tr ((A - gain S W X) *m K *m (A - gain S W X)^T).
Proof. by move/generalised_normal_equation; apply: error_of_normal_equation. Qed.

Theorem closed_form_is_least_singular (A : 'M[F]_(d, m)) (X : 'M[F]_m) :
  K *m X *m K = K -> closed_form S W X <= error S W A.
Proof.
move/error_is_closed_form_plus_square_singular->.
by rewrite ler_addl; apply/trace_congruence_ge0/congruence_psd.
Qed.

(** Which attackers are ideal: those that solve the normal equation A K = S W^T, and no other. *)
Theorem ideal_iff_normal_equation (A : 'M[F]_(d, m)) (X : 'M[F]_m) :
  K *m X *m K = K ->
  error S W A = closed_form S W X <-> A *m K = S *m W^T.
Proof.
move=> inverse; have normal := generalised_normal_equation inverse.
rewrite (error_is_closed_form_plus_square_singular A inverse); split=> [|ideal].
  move/(canRL (addKr _)); rewrite addNr trace_congruence => null.
  rewrite -normal; apply/eqP; rewrite -subr_eq0 -mulmxBl; apply/eqP/row_matrixP => i.
  have psdK : positive_semidefinite K by apply: congruence_psd.
  rewrite row0 row_mul; apply: form_eq0 => //; first exact: release_symmetric.
  by move/psumr_eq0P: null => ->.
by rewrite mulmxBl ideal normal subrr mul0mx mxtrace0 addr0.
Qed.

(** The least error does not depend on which generalised inverse is taken, and one exists. *)
Theorem closed_form_is_well_defined (X Y : 'M[F]_m) :
  K *m X *m K = K -> K *m Y *m K = K -> closed_form S W X = closed_form S W Y.
Proof.
move=> invX invY; rewrite -(proj2 (ideal_iff_normal_equation (gain S W Y) invX)).
  exact/(ideal_iff_normal_equation _ invY)/generalised_normal_equation.
exact: generalised_normal_equation.
Qed.

Theorem generalised_inverse_exists : K *m pinvmx K *m K = K.
Proof. by rewrite mulmxKpV. Qed.

End RealField.
