(** Additive release noise y = W x + e with second moment N: the same square, and Woodbury. *)
From mathcomp Require Import all_ssreflect all_algebra.
From IIE Require Import Attacker Theorem1.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

Section Noise.
Variables (F : fieldType) (m d : nat).
Variables (S : 'M[F]_d) (N : 'M[F]_m) (W : 'M[F]_(m, d)).

(** |x - A (W x + e)|^2 on average, x and e uncorrelated. *)
Definition noisy_error (A : 'M[F]_(d, m)) : F := error S W A + \tr (A *m N *m A^T).

Local Notation K := (release S W + N).

Theorem noisy_error_is_closed_form_plus_square (A : 'M[F]_(d, m)) :
  symmetric S -> symmetric N -> K \in unitmx ->
  noisy_error A = closed_form S W (invmx K)
    + \tr ((A - gain S W (invmx K)) *m K *m (A - gain S W (invmx K))^T).
Proof.
move=> symS symN unitK; rewrite /noisy_error error_expanded //.
have symK : symmetric K by rewrite /symmetric linearD /= symN release_symmetric.
have normal : gain S W (invmx K) *m K = S *m W^T by rewrite /gain mulmxKV.
have := complete_square A symK normal.
rewrite trmx_mul trmxK symS !(mulmxA _ W S) mulNrn mulmxDr mulmxDl linearD /= => square.
by rewrite -!addrA square addrA /closed_form /gain mulmxDr mulmxDl linearD.
Qed.

(** The information form: S - S W^T K^{-1} W S = (S^{-1} + W^T N^{-1} W)^{-1}. *)
Theorem woodbury :
  S \in unitmx -> N \in unitmx -> K \in unitmx ->
  S - S *m W^T *m invmx K *m W *m S = invmx (invmx S + W^T *m invmx N *m W).
Proof.
move=> unitS unitN unitK; set P := invmx S + _; set C := LHS.
suff PC : P *m C = 1%:M.
  have [unitP _] := mulmx1_unit PC.
  by rewrite -[LHS](mulKmx unitP) PC mulmx1.
have split_release : W *m S *m W^T *m invmx K = 1%:M - N *m invmx K.
  by rewrite -[W *m S *m W^T](addrK N) mulmxBl mulmxV.
rewrite /P /C mulmxBr !mulmxDl mulVmx // !mulmxA mulVmx // mul1mx.
have -> : W^T *m invmx N *m W *m S *m W^T *m invmx K *m W *m S
          = W^T *m invmx N *m W *m S - W^T *m invmx K *m W *m S.
  rewrite -!mulmxA (mulmxA W) (mulmxA (W *m S)) (mulmxA (W *m S *m W^T)) split_release.
  by rewrite mulmxBl mul1mx !mulmxBr !mulmxA mulmxKV.
by rewrite addrCA subrr addr0 addrK.
Qed.

Corollary closed_form_in_information_form :
  S \in unitmx -> N \in unitmx -> K \in unitmx ->
  closed_form S W (invmx K) = \tr (invmx (invmx S + W^T *m invmx N *m W)).
Proof. by move=> unitS unitN unitK; rewrite -woodbury // linearB. Qed.

End Noise.
