"""What is known about the private input before anything is released: its covariance."""

from iie.covariance.base import Covariance as Covariance
from iie.covariance.base import Eigenpairs as Eigenpairs
from iie.covariance.conversion import as_covariance as as_covariance
from iie.covariance.dense import DenseCovariance as DenseCovariance
from iie.covariance.diagonal import DiagonalCovariance as DiagonalCovariance
from iie.covariance.empirical import EmpiricalCovariance as EmpiricalCovariance
from iie.covariance.empirical import empirical_covariance as empirical_covariance
from iie.covariance.isotropic import IsotropicCovariance as IsotropicCovariance
from iie.covariance.kronecker import KroneckerCovariance as KroneckerCovariance
from iie.covariance.low_rank import LowRankCovariance as LowRankCovariance
from iie.covariance.stationary import StationaryCovariance as StationaryCovariance
