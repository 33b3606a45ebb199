"""The estimators on a Dask cluster: for tables larger than the memory of one machine; needs the extra ``dask``."""

from skscratch.dask.cluster import ClusterError
from skscratch.dask.estimators import DaskScratchMLPClassifier, DaskScratchMLPRegressor

__all__ = ["ClusterError", "DaskScratchMLPClassifier", "DaskScratchMLPRegressor"]
