"""A fit on a cluster that ends early is resumed from its checkpoint."""

import dask.array as da
import numpy as np
import pytest

import skscratch
import skscratch.callbacks
import skscratch.dask.executor as executor
from skscratch.dask import ClusterError, DaskScratchMLPRegressor

pytest.importorskip("sklearn.callback")
OPTIONS = dict(width=8, depth=1, n_estimators=2, max_iter=5, random_state=0, sync_every=10_000)


def table(n=2000, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, 4))
    return da.from_array(x, chunks=(n // 5, 4)), da.from_array(x[:, 0] * x[:, 1], chunks=n // 5)


def test_a_fit_that_lost_its_cluster_is_resumed(client, tmp_path, monkeypatch):
    path, run, calls = tmp_path / "fit.checkpoint", executor.ClusterExecutor.run, []
    expected = DaskScratchMLPRegressor(**OPTIONS, n_tasks=1).fit(*table())

    def lost(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise ClusterError("lost")
        return run(*arguments)

    monkeypatch.setattr(executor.ClusterExecutor, "run", lost)
    checkpoint = skscratch.callbacks.Checkpoint(path)
    with pytest.raises(ClusterError, match=r"^lost; the fit continues with resume_from='.*fit.checkpoint'.$"):
        DaskScratchMLPRegressor(**OPTIONS, n_tasks=1).set_callbacks(checkpoint).fit(*table())
    assert skscratch.load(path).n_iter_ == 3  # an estimator for rows in memory
    resumed = DaskScratchMLPRegressor(**OPTIONS, n_tasks=1).fit(*table(), resume_from=path)
    np.testing.assert_array_equal(resumed._model.parameters.values, expected._model.parameters.values)
    assert resumed.loss_curve_ == expected.loss_curve_
    with pytest.raises(ValueError, match="must be those that the fit"):
        DaskScratchMLPRegressor(**OPTIONS, n_tasks=1).fit(*table(seed=1), resume_from=path)
