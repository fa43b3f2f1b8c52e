"""Figure 4: small networks in the plane, attacked, beside the exact inversion error of their codes.

The one other place, with `metrics.head_leakage`, where `loft_jax` calls `iie`.
"""
