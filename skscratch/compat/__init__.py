"""scikit-learn's `MLPClassifier` and `MLPRegressor` with the same results, computed by `skscratch.core`.

>>> from sklearn.datasets import load_iris
>>> from skscratch.compat import MLPClassifier
>>> X, y = load_iris(return_X_y=True)
>>> MLPClassifier(solver="lbfgs", max_iter=1000, random_state=0).fit(X, y).score(X, y) > 0.9
True

The same `random_state` gives the coefficients, loss curve and predictions of scikit-learn 1.9, because the core takes
initial parameters and the order of rows as arguments. Where each part of scikit-learn's estimators is:

==========================================  ============================================================================
scikit-learn                                here
==========================================  ============================================================================
`coefs_`, `intercepts_`                     `core.parameters`: one array, of which the two lists are views; each call
                                            copies the lists to a new array, as a user may change them
forward pass, backpropagation               `core.network` of dense layers and activations, `core.objective`
Glorot's uniform draws                      `core.initializers.VarianceScaling`, which gets the `RandomState`
losses                                      `core.losses`; with scikit-learn's reported values: `compat.losses`
its two stochastic optimizers               `core.optimizers` and `core.schedules`; `_optimizer` keeps them and their
                                            state for the next call of `partial_fit`
epochs, batches, reported loss              `core.training.Trainer`, with arguments `order` and `loss_weights`
patience, best epoch, validation scores     `compat.progress`
L-BFGS                                      `core.lbfgs`
==========================================  ============================================================================

Order of reading: `builders`, `losses` and `progress`, then `base` (fit and prediction), then `estimators` (encoding of
y). The guide lists the intended differences.
"""

from skscratch.compat.estimators import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
