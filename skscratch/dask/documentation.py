"""The docstrings of the estimators for Dask; the `Parameters` section is made from the table of hyperparameters."""

from __future__ import annotations

_HEAD = """Neural-network {task} for tables that are larger than the memory of a machine, on a Dask cluster.

    It is `{local}` for Dask DataFrames and Arrays: the same hyperparameters, the same encoding of columns, and the
    same fitted attributes. Predictions are lazy. If workers die in a fit, the others compute their tasks again.

    Parameters
    ----------
{{parameters}}
    Attributes
    ----------
    n_rounds_ : int
        Rounds of the last fit: how many times parameters were averaged.

    See Also
    --------
    skscratch.{local} : The estimator for rows in memory; it describes all other attributes.

    Examples
    --------
    >>> import dask.array as da
    >>> from distributed import Client
    >>> from skscratch.dask import Dask{local}
    >>> X = da.random.default_rng(0).normal(size=(2000, 3), chunks=(500, 3))
    >>> y = {y}
    >>> with Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=":0"):
    ...     model = Dask{local}(width=8, max_iter=10, random_state=0).fit(X, y)
    ...     score = model.score(X, y)
    >>> score > 0.9, type(model.predict(X)).__name__, type(model.to_local()).__name__
    (True, 'Array', '{local}')
    """

CLASSIFIER = _HEAD.format(task="classifier", local="ScratchMLPClassifier", y="(X[:, 0] > 0).astype(int)")
REGRESSOR = _HEAD.format(task="regressor", local="ScratchMLPRegressor", y="X[:, 0] + X[:, 1]")

FIT = """Train the members on the workers of the current `distributed.Client`.

        Parameters
        ----------
        X : dask DataFrame or Array of shape (n_samples, n_features)
            Training rows. A worker must have memory for a partition, together with its encoding.

        y : dask DataFrame, Series or Array of shape (n_samples,) or (n_samples, n_outputs)
            Targets, as for the estimator for rows in memory.

        sample_weight : dask Series or Array of shape (n_samples,), default=None
            Weights of rows.

        resume_from : str or path-like, default=None
            A file of `skscratch.callbacks.Checkpoint`: the fit continues after its last epoch, on the same rows. The
            momentum of rounds starts at zero.

        Returns
        -------
        self : object
            The estimator itself.

        Raises
        ------
        TypeError
            If X, y or a weight is no Dask collection.
        ValueError
            If a parameter, X, y or a weight is not valid, or there is no client.
        skscratch.dask.ClusterError
            If no worker or no scheduler is left, or a partition is too large for the workers.

        Warns
        -----
        UserWarning
            If partitions differ in y, as those of a sorted table do, and `mix_partitions` is False.
        RuntimeWarning
            If a member diverged, or on Ctrl-C: the best parameters so far are kept.
        """

SCORE = """Compute the accuracy of a classifier, or R² of a regressor.

        Parameters
        ----------
        X : dask DataFrame or Array, or array-like in memory, of shape (n_samples, n_features)
            Rows with the columns of fit.

        y : dask DataFrame, Series or Array, or array-like, of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.

        sample_weight : dask Series or Array, or array-like, of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        score : float
            1 is the best.
        """
