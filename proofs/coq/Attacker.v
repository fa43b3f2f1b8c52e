(** The mean squared error of a linear attacker, and completing its square: one field, all sizes.

    An attacker A maps the release y = W x back to A y. S is the second moment of the input x
    (its covariance, once the mean is subtracted). Source of the statement: Yu et al., KDD 2026,
    Theorem 1. The derivation is ours. *)
From mathcomp Require Import all_ssreflect all_algebra.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section Attacker.
Variable F : fieldType.

Definition symmetric n (M : 'M[F]_n) := M^T = M.

Definition squared_norm n (v : 'cV[F]_n) : F := \sum_i v i 0 ^+ 2.

(** tr((I - A W) S (I - A W)^T) *)
Definition error m d (S : 'M[F]_d) (W : 'M[F]_(m, d)) (A : 'M[F]_(d, m)) : F :=
  \tr ((1%:M - A *m W) *m S *m (1%:M - A *m W)^T).

(** K = W S W^T, the second moment of the release. *)
Definition release m d (S : 'M[F]_d) (W : 'M[F]_(m, d)) : 'M[F]_m := W *m S *m W^T.

Section Moment.
Variables (n m d : nat) (p : 'I_n -> F) (x : 'I_n -> 'cV[F]_d).
Variables (W : 'M[F]_(m, d)) (A : 'M[F]_(d, m)).

Lemma squared_norm_trace k (v : 'cV[F]_k) : squared_norm v = \tr (v *m v^T).
Proof. by apply: eq_bigr => i _; rewrite !mxE big_ord1 mxE expr2. Qed.

(** Why [error] deserves its name: it is the mean of |x - A W x|^2 over any finite law. *)
Theorem error_is_mean_squared_error :
  \sum_i p i * squared_norm (x i - A *m (W *m x i))
  = error (\sum_i p i *: (x i *m (x i)^T)) W A.
Proof.
rewrite /error mulmx_sumr mulmx_suml raddf_sum; apply: eq_bigr => i _ /=.
rewrite -scalemxAr -scalemxAl linearZ /= squared_norm_trace; congr (_ * \tr _).
have -> : x i - A *m (W *m x i) = (1%:M - A *m W) *m x i.
  by rewrite mulmxBl mul1mx mulmxA.
by rewrite trmx_mul !mulmxA.
Qed.

End Moment.

Section Square.
Variables (m d : nat).

Lemma trace_mul_tr (A B : 'M[F]_(d, m)) : \tr (A *m B^T) = \tr (B *m A^T).
Proof. by rewrite -mxtrace_tr trmx_mul trmxK. Qed.

(** tr S - 2 tr(A W S) + tr(A K A^T) *)
Theorem error_expanded (S : 'M[F]_d) (W : 'M[F]_(m, d)) (A : 'M[F]_(d, m)) :
  symmetric S ->
  error S W A = \tr S - \tr (A *m W *m S) *+ 2 + \tr (A *m release S W *m A^T).
Proof.
move=> symS; rewrite /error /release linearB /= trmx1 trmx_mul.
rewrite mulmxBl mul1mx mulmxBr mulmx1 mulmxBl !linearB /= !mulmxA.
have -> : \tr (S *m W^T *m A^T) = \tr (A *m W *m S).
  by rewrite -mxtrace_tr !trmx_mul !trmxK symS mulmxA.
by rewrite mulr2n opprB opprD !addrA addrAC.
Qed.

(** Completing the square. C is the cross moment of input and release, K the release's; a gain G
    solves the normal equation G K = C. Nothing needs K to be invertible. *)
Lemma complete_square (C A G : 'M[F]_(d, m)) (K : 'M[F]_m) :
  symmetric K -> G *m K = C ->
  - \tr (A *m C^T) *+ 2 + \tr (A *m K *m A^T)
  = - \tr (G *m C^T) + \tr ((A - G) *m K *m (A - G)^T).
Proof.
move=> symK normal.
have crossT : C^T = K *m G^T by rewrite -normal trmx_mul symK.
have square (X Y : 'M[F]_(d, m)) : \tr (X *m K *m Y^T) = \tr (Y *m K *m X^T).
  by rewrite trace_mul_tr trmx_mul symK mulmxA.
rewrite crossT !mulmxA linearB /= !mulmxBl !mulmxBr !linearB /= (square G A).
set a := \tr (A *m K *m A^T); set b := \tr (A *m K *m G^T); set c := \tr (G *m K *m G^T).
by rewrite [RHS]addrCA opprB addKr mulr2n [LHS]addrC addrA.
Qed.

End Square.
End Attacker.
