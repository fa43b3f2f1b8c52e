"""Synthetic faces with a known law: latents, renderer, populations."""

from loft_jax.data.faces.law import FaceLaw as FaceLaw
from loft_jax.data.faces.renderer import render as render
from loft_jax.data.faces.traits import IDENTITY_DIM as IDENTITY_DIM
from loft_jax.data.faces.traits import NUISANCE_DIM as NUISANCE_DIM
