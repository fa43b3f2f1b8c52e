(** Positive semidefinite forms over a real field: no square roots, no eigenvalues. *)
From mathcomp Require Import all_ssreflect all_algebra.
From IIE Require Import Attacker.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Positive.
Variable F : realFieldType.

(** v M v^T, with v a row. *)
Definition form n (M : 'M[F]_n) (v : 'rV[F]_n) : F := (v *m M *m v^T) 0 0.

Definition positive_semidefinite n (M : 'M[F]_n) := forall v, 0 <= form M v.

Lemma trace_congruence m d (A : 'M[F]_(d, m)) (K : 'M[F]_m) :
  \tr (A *m K *m A^T) = \sum_i form K (row i A).
Proof.
apply: eq_bigr => i _; rewrite /form -row_mul mxE [RHS]mxE.
by apply: eq_bigr => j _; rewrite !mxE.
Qed.

Lemma trace_congruence_ge0 m d (A : 'M[F]_(d, m)) (K : 'M[F]_m) :
  positive_semidefinite K -> 0 <= \tr (A *m K *m A^T).
Proof. by move=> psd; rewrite trace_congruence; apply: sumr_ge0 => i _; apply: psd. Qed.

Lemma congruence_psd m d (W : 'M[F]_(m, d)) (S : 'M[F]_d) :
  positive_semidefinite S -> positive_semidefinite (W *m S *m W^T).
Proof. by move=> psd v; move: (psd (v *m W)); rewrite /form trmx_mul !mulmxA. Qed.

Lemma form1 n (v : 'rV[F]_n) : form 1%:M v = \sum_j v 0 j ^+ 2.
Proof. by rewrite /form mulmx1 mxE; apply: eq_bigr => j _; rewrite mxE expr2. Qed.

Lemma identity_psd n : positive_semidefinite (1%:M : 'M[F]_n).
Proof. by move=> v; rewrite form1; apply: sumr_ge0 => j _; apply: sqr_ge0. Qed.

(** A form that vanishes at u has u in its kernel (the Cauchy-Schwarz argument). *)
Lemma form_eq0 n (S : 'M[F]_n) (u : 'rV[F]_n) :
  symmetric S -> positive_semidefinite S -> form S u = 0 -> u *m S = 0.
Proof.
move=> symS psd null; apply/rowP => j; rewrite [RHS]mxE.
pose e : 'rV[F]_n := delta_mx 0 j.
have bE : (u *m S) 0 j = (u *m S *m e^T) 0 0.
  by rewrite trmx_delta -colE [RHS]mxE.
set b := (u *m S) 0 j in bE *.
have bE' : b = (e *m S *m u^T) 0 0.
  have -> : e *m S *m u^T = (u *m S *m e^T)^T by rewrite !trmx_mul trmxK symS mulmxA.
  by rewrite [RHS]mxE.
have line t : form S (t *: u + e) = t * (b *+ 2) + form S e.
  have -> : form S (t *: u + e) = t * (t * form S u) + t * b + (t * b + form S e).
    rewrite {1}bE' bE /form linearD linearZ /= !(mulmxDl, mulmxDr).
    by rewrite -!scalemxAl -!scalemxAr !mxE.
  by rewrite null !mulr0 add0r addrA -mulrDr -mulr2n.
apply/eqP; apply/negPn/negP => b_neq0.
have b2_neq0 : b *+ 2 != 0 by rewrite mulrn_eq0.
have := psd (- (form S e + 1) / (b *+ 2) *: u + e).
by rewrite line divfK // opprD addrAC addNr add0r oppr_ge0 ler10.
Qed.

End Positive.
