"""Calls in any order: fit, partial_fit, warm starts, changed hyperparameters, predictions, copies and files."""

import copy
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from outcomes import attempt, attempt_with, check_outputs, share_of_cases
from sklearn.base import clone

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor, load, save

n = 36
rng = np.random.default_rng(0)
A = rng.normal(size=(n, 3))
B = np.where(A > 1.5, np.nan, A * 1e200)
FRAME = pd.DataFrame({"a": A[:, 0], "b": np.resize(["u", "v", None], n), "c": np.resize([1.0, 2.0], n)})
TABLES = {
    "array": A, "large": B, "wide": np.hstack([A, A]), "sparse": sp.csr_array(np.where(A > 0, A, 0)), "frame": FRAME,
    "other names": FRAME.rename(columns={"a": "z"}), "other values": FRAME.assign(b="w"), "strings": FRAME.astype(str),
}  # fmt: skip
LABELS = {
    "two": np.resize([0, 1], n), "three": np.resize([0, 1, 2], n), "strings": np.resize(["a", "b"], n),
    "multilabel": (A > 0).astype(int), "one": np.zeros(n, int),
}  # fmt: skip
NUMBERS = {
    "normal": A[:, 1], "two outputs": A[:, :2], "large": A[:, 1] * 1e300, "constant": np.ones(n), "missing": B[:, 0],
}  # fmt: skip
WEIGHTS = {"none": None, "some zero": np.resize([0.0, 1.0, 3.0], n), "negative": -np.ones(n)}
CHANGES = {
    "warm_start": (True, False), "solver": ("adam", "sgd", "lbfgs", "adamw"), "width": (1, 3, -1), "max_iter": (1, 3),
    "learning_rate_init": (1e-3, 1e300, None), "early_stopping": (True, False, "auto"), "dtype": ("float64", "float32"),
    "scaling": (None, "standard", "robust"), "n_estimators": (1, 2, 0), "alpha": (0.0, 1.0, 1e300),
    "scoring": ("loss", None, "no scorer"), "max_categories": (1, None), "batch_size": (7, "auto"),
    "dropout": (0.5, 0.0), "max_time": (1e-9, None),
    "learning_rate": ("constant", "adaptive", "flat_cosine"), "random_state": (0, 1, None), "no_parameter": (1,),
}  # fmt: skip
CHANGE = st.sampled_from([(name, value) for name, options in CHANGES.items() for value in options])
TABLE, WEIGHT = st.sampled_from(list(TABLES)), st.sampled_from(list(WEIGHTS))
METHODS = ("predict", "predict_members", "hidden_activations", "score", "predict_set", "predict_interval")


class Calls:
    """The rules; subclasses name the estimator and its targets."""

    def __init__(self):
        super().__init__()
        self.model, self.rows = self.Estimator(width=2, depth=1, n_estimators=2, max_iter=2, random_state=0), None

    @initialize(change=CHANGE)
    def begin(self, change):
        self.set_params(change)

    def train(self, method, data, table, weight):
        y = self.targets[data.draw(st.sampled_from(list(self.targets)))]
        if not hasattr(self.model, method):  # of L-BFGS
            return
        _, error = attempt_with(self.model, method, TABLES[table], y, WEIGHTS[weight])
        self.rows = TABLES[table] if error is None else self.rows

    @rule(data=st.data(), table=TABLE, weight=WEIGHT)
    def fit(self, data, table, weight):
        self.train("fit", data, table, weight)

    @rule(data=st.data(), table=TABLE, weight=WEIGHT)
    def partial_fit(self, data, table, weight):
        self.train("partial_fit", data, table, weight)

    @rule(data=st.data(), table=TABLE, weight=WEIGHT)
    def fit_statistics(self, data, table, weight):
        self.train("fit_statistics", data, table, weight)

    @rule(change=CHANGE)
    def set_params(self, change):
        attempt_with(self.model, "set_params", **dict([change]))

    @rule(method=st.sampled_from(METHODS), table=TABLE, data=st.data())
    def predict(self, method, table, data):
        if hasattr(self.model, method):
            y = [self.targets[data.draw(st.sampled_from(list(self.targets)))]] if method == "score" else []
            attempt_with(self.model, method, TABLES[table], *y)

    @rule()
    def pickled(self):
        self.replace(pickle.loads(pickle.dumps(self.model)))

    @rule()
    def copied(self):
        self.replace(copy.deepcopy(self.model))

    @rule()
    def saved(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.skscratch")
            assert attempt(save, self.model, path)[1] is None
            self.replace(load(path))

    @rule()
    def cloned(self):
        self.model, self.rows = clone(self.model), None

    def replace(self, other):
        """Use a copy from now on, which must predict the same."""
        if self.rows is not None:
            scores = [attempt_with(model, "predict_members", self.rows)[0] for model in (self.model, other)]
            np.testing.assert_array_equal(*scores)
        self.model = other

    @invariant()
    def outputs_are_as_documented(self):
        if self.rows is not None:
            check_outputs(self.model, self.rows, n)


class ClassifierCalls(Calls, RuleBasedStateMachine):
    """Calls of the classifier."""

    Estimator, targets = ScratchMLPClassifier, LABELS


class RegressorCalls(Calls, RuleBasedStateMachine):
    """Calls of the regressor."""

    Estimator, targets = ScratchMLPRegressor, NUMBERS


TestClassifier, TestRegressor = ClassifierCalls.TestCase, RegressorCalls.TestCase
TestClassifier.settings = TestRegressor.settings = share_of_cases(0.07)
