"""Sources of pictures: a row each, and what `--data` names among them."""

from loft_jax.data.sources.base import DEFAULT_SIZE as DEFAULT_SIZE
from loft_jax.data.sources.base import Law as Law
from loft_jax.data.sources.base import Source as Source
from loft_jax.data.sources.base import Wanted as Wanted
from loft_jax.data.sources.table import SOURCES as SOURCES
from loft_jax.data.sources.table import absolute_data as absolute_data
from loft_jax.data.sources.table import load_dataset as load_dataset
from loft_jax.data.sources.table import source_of as source_of
