"""`python -m skscratch` prints versions and the results of its checks, which can fail."""

import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier

import skscratch
from skscratch import __main__ as command
from skscratch.core.losses import MulticlassLogLoss


def test_versions_and_checks_are_printed(capsys):
    assert command.main() == 0
    printed = capsys.readouterr().out
    assert f"skscratch: {skscratch.__version__}\n" in printed and sklearn.__version__ in printed
    assert printed.count("\npassed  ") == len(command.CHECKS) and "FAILED" not in printed


def test_a_failed_check_is_printed_and_returned(monkeypatch, capsys):
    monkeypatch.setattr(command, "CHECKS", {"one": lambda: True, "two": lambda: False})
    assert command.main() == 1
    printed = capsys.readouterr().out
    assert "passed  one (" in printed and "FAILED  two (" in printed


def test_wrong_derivatives_are_found(monkeypatch):
    gradient = MulticlassLogLoss.gradient

    def wrong(self, z, y, out):
        out = gradient(self, z, y, out)
        out *= 1.001
        return out

    monkeypatch.setattr(MulticlassLogLoss, "gradient", wrong)
    assert not command.gradients()


@pytest.mark.parametrize(
    ("check", "name"), [("scikit_learn", "compat.MLPClassifier"), ("classifier", "ScratchMLPClassifier")]
)
def test_a_classifier_that_does_not_learn_is_found(check, name, monkeypatch):
    class Constant(DummyClassifier):
        def __init__(self, **parameters):
            super().__init__(strategy="prior")

        def fit(self, X, y):
            self.oof_score_ = max(y.mean(), 1 - y.mean())
            return super().fit(X, y)

    monkeypatch.setattr(f"skscratch.{name}", Constant)
    assert not getattr(command, check)()


def test_other_predictions_after_loading_are_found(monkeypatch):
    X, y = load_iris(return_X_y=True)
    other = skscratch.ScratchMLPClassifier(max_iter=5, random_state=1).fit(X, y)
    monkeypatch.setattr("skscratch.load", lambda path: other)
    assert not command.file()
