"""scikit-learn's `MLPClassifier` and `MLPRegressor`, number by number, computed by our core.

>>> from sklearn.datasets import load_iris
>>> from skscratch.compat import MLPClassifier
>>> X, y = load_iris(return_X_y=True)
>>> MLPClassifier(solver="lbfgs", max_iter=1000, random_state=0).fit(X, y).score(X, y) > 0.9
True

The same `random_state` gives the coefficients, loss curve and predictions of scikit-learn 1.9: the core takes initial
parameters and the order of rows as arguments, so what is left for this package is a procedure around it. How its pieces
map:

==========================================  ============================================================================
scikit-learn                                here
==========================================  ============================================================================
`coefs_`, `intercepts_`                     `core.parameters`: one array, of which the two lists are views; packed again
                                            from the lists, which may be set, in each call
forward pass, backpropagation               `core.network` of `Dense` and `Activate` layers, `core.objective`
Glorot's uniform draws                      `core.initializers.VarianceScaling`, handed the `RandomState`
losses                                      `core.losses`; values as reported: `compat.arithmetic`
its two stochastic optimizers               `core.optimizers.adam` and `momentum`, `core.schedules`; kept with their
                                            state and clock in `_optimizer`, which `partial_fit` goes on with
epochs, batches, reported loss              `core.training.Trainer`, with `order` and `loss_weights` handed in
stalled epochs, best epoch, held-out rows   `compat.procedure`, after each epoch, under scikit-learn's names
L-BFGS                                      `core.lbfgs`
==========================================  ============================================================================

Read `parts` (what the procedure is made of), `procedure` (how a fit goes), `estimators` (what y is). The guide says
where the numbers part on purpose.
"""

from skscratch.compat.estimators import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
