"""Trunks, the LoFt head, and the classifier that joins them."""

from loft_jax.models.classifier import Classifier as Classifier
from loft_jax.models.classifier import Outputs as Outputs
from loft_jax.models.loft_head import LoFtHead as LoFtHead
from loft_jax.models.registry import TRUNKS as TRUNKS
from loft_jax.models.registry import build_classifier as build_classifier
from loft_jax.models.registry import feature_width as feature_width
