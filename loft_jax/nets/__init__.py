"""Trunks, the LoFt head, and the classifier that joins them."""

from loft_jax.nets.classifier import Classifier as Classifier
from loft_jax.nets.classifier import Outputs as Outputs
from loft_jax.nets.head import LoFtHead as LoFtHead
from loft_jax.nets.trunks.table import TRUNKS as TRUNKS
from loft_jax.nets.trunks.table import build_classifier as build_classifier
from loft_jax.nets.trunks.table import feature_width as feature_width
