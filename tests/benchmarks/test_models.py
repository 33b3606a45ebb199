"""Our classifier and scikit-learn's have the same network and the same training."""

import pytest
from sklearn.neural_network import MLPClassifier

from benchmarks import models, tables
from skscratch.core.activations import Relu
from skscratch.core.layers import Dense


def test_our_network_has_scikit_learns_hyperparameters():
    """The hyperparameters of both estimators are equal, and scikit-learn's are its defaults except for five."""
    ours, theirs = models.ours(3, (5, 4)).get_params(), models.scikit_learn(3, (5, 4)).get_params()
    shared = ours.keys() & theirs.keys()
    assert len(shared) > 15 and {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}
    default = MLPClassifier().get_params()
    changed = {name for name in theirs if theirs[name] != default[name]}
    assert changed == {"hidden_layer_sizes", "max_iter", "n_iter_no_change", "random_state", "batch_size"}
    assert theirs["batch_size"] == 200  # the value of "auto" in scikit-learn


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_our_network_equals_that_of_scikit_learns_pipeline():
    table = tables.sources()["titanic"]()
    ours = models.ours(2, (5, 4)).fit(table.X, table.y)
    theirs = models.pipeline(table, models.scikit_learn(2, (5, 4))).fit(table.X, table.y)[-1]
    assert [W.shape[2] for W in ours.coefs_] == [W.shape[1] for W in theirs.coefs_] == [5, 4, 1]
    assert ours.n_iter_ == theirs.n_iter_ == 2 and len(ours.loss_curve_) == 2
    assert {type(layer) for layer in ours._model.network.layers} == {Dense, Relu}
    assert len(ours._model.parameters.values) == 1 and ours.t_ == theirs.t_ == 2 * len(table.y)  # no validation rows
