(** Only the row space of W matters, and a smaller row space never leaks more. *)
From mathcomp Require Import all_ssreflect all_algebra.
From IIE Require Import Attacker Positive Theorem1.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.POrderTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma release_mul (F : fieldType) k m d (S : 'M[F]_d) (B : 'M[F]_(k, m)) (W : 'M[F]_(m, d)) :
  release S (B *m W) = B *m release S W *m B^T.
Proof. by rewrite /release trmx_mul !mulmxA. Qed.

Lemma invmx_mul (F : fieldType) n (A B : 'M[F]_n) :
  A \in unitmx -> B \in unitmx -> invmx (A *m B) = invmx B *m invmx A.
Proof.
move=> unitA unitB; have unitAB : A *m B \in unitmx by rewrite unitmx_mul unitA.
rewrite -[RHS](mulKmx unitAB) -[LHS]mulmx1; congr (_ *m _).
by rewrite mulmxA mulmxK // mulmxV.
Qed.

(** (c) W -> B W with B invertible changes nothing: any field, any S with W S W^T invertible. *)
Theorem closed_form_invariant (F : fieldType) m d (S : 'M[F]_d) (W : 'M[F]_(m, d)) (B : 'M[F]_m) :
  B \in unitmx -> release S W \in unitmx ->
  closed_form S (B *m W) (invmx (release S (B *m W))) = closed_form S W (invmx (release S W)).
Proof.
move=> unitB unitK; have unitBT : B^T \in unitmx by rewrite unitmx_tr.
have unitBK : B *m release S W \in unitmx by rewrite unitmx_mul unitB.
rewrite release_mul invmx_mul // invmx_mul // /closed_form trmx_mul !mulmxA.
by rewrite mulmxK // mulmxKV.
Qed.

Section RealField.
Variables (F : realFieldType) (d : nat) (S : 'M[F]_d).
Hypotheses (symS : symmetric S) (psdS : positive_semidefinite S).

(** Data processing: from B W an attacker can do no better than from W, whatever B is. *)
Theorem closed_form_monotone k m (W : 'M[F]_(m, d)) (B : 'M[F]_(k, m)) X Y :
  release S W *m X *m release S W = release S W ->
  release S (B *m W) *m Y *m release S (B *m W) = release S (B *m W) ->
  closed_form S W X <= closed_form S (B *m W) Y.
Proof.
move=> invX invY; have normal := generalised_normal_equation symS psdS invY.
rewrite -(proj2 (ideal_iff_normal_equation symS psdS (gain S (B *m W) Y) invY) normal).
have -> : error S (B *m W) (gain S (B *m W) Y) = error S W (gain S (B *m W) Y *m B).
  by rewrite /error !mulmxA.
exact: closed_form_is_least_singular.
Qed.

(** Equal row spaces give equal least errors: S may be singular, W and V of any rank and height. *)
Theorem closed_form_of_row_space k m (W : 'M[F]_(m, d)) (V : 'M[F]_(k, d)) X Y :
  (W :=: V)%MS ->
  release S W *m X *m release S W = release S W ->
  release S V *m Y *m release S V = release S V ->
  closed_form S W X = closed_form S V Y.
Proof.
move=> same invX invY; apply/eqP; rewrite eq_le.
have /submxP[B VE] : (V <= W)%MS by rewrite same.
have /submxP[C WE] : (W <= V)%MS by rewrite same.
apply/andP; split.
  by move: Y invY; rewrite VE => Y invY; apply: closed_form_monotone.
by move: X invX; rewrite WE => X invX; apply: closed_form_monotone.
Qed.

End RealField.
