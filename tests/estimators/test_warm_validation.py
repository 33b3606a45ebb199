"""The validation rows of warm starts: no member has trained on them, or nothing is said of them."""

import numpy as np
import pandas as pd
import pytest
from helpers import SMALL, ignore_convergence, two_classes
from numpy.testing import assert_array_equal

from skscratch import ScratchMLPClassifier

X, y = two_classes(400)
OPTIONS = dict(SMALL, early_stopping=True, warm_start=True)


def rows_of(model):
    """The rows that each member left out of the last fit."""
    return model._state.validation_rows


@pytest.mark.parametrize("n", [300, 305, 330, 400])
def test_rows_that_were_left_out_stay_out(Estimator, n):
    """A later fit has the rows of the first one and new ones, of which the same share is left out."""
    model = Estimator(**OPTIONS).fit(X[:300], y[:300])
    first = rows_of(model).copy()
    assert first.shape == (2, 30)
    left_out = rows_of(model.fit(X[:n], y[:n]))
    assert_array_equal(left_out[:, :30], first)
    added = left_out[:, 30:]
    assert added.shape == (2, (n - 300) // 10) and (added >= 300).all() and (added < n).all()
    assert_array_equal(left_out, np.sort(left_out, axis=1))
    assert model.oof_score_ is not None
    assert_array_equal(rows_of(model.fit(X[:n], y[:n])), left_out)
    grown = rows_of(model.fit(X, y))
    assert_array_equal(grown[:, : left_out.shape[1]], left_out)
    assert (grown[:, left_out.shape[1] :] >= n).all()  # the fits before have trained on all others


def test_of_few_new_rows_some_train(Estimator):
    """With a large share, or a single new row, no row could be left for training or for validation."""
    for n, share in ((301, 0.1), (302, 0.9), (309, 0.1)):
        model = Estimator(**OPTIONS, validation_fraction=share).fit(X[:300], y[:300])
        first = rows_of(model).copy()
        assert_array_equal(rows_of(model.fit(X[:n], y[:n])), first)


def test_noise_stays_noise():
    """Labels that no model can know: the estimate does not rise from fit to fit."""
    rng = np.random.default_rng(0)
    noise, labels = rng.normal(size=(660, 10)), rng.normal(size=660) > 0
    model = ScratchMLPClassifier(warm_start=True, random_state=0)
    estimates = [model.fit(noise[:n], labels[:n]).oof_score_ for n in (600, 620, 640, 660)]
    assert max(estimates) < 0.65


def fewer_rows(model):
    return model.fit(X[:200], y[:200])


def without_validation(model):
    return model.set_params(early_stopping=False).fit(X, y).set_params(early_stopping=True)


def with_other_validation(model):
    return model.fit(X, y, X_val=X[:50], y_val=y[:50])


def other_rows(model):
    return model.fit(X[::-1], y[::-1])


def one_epoch(model):
    return model.partial_fit(X, y)


@ignore_convergence
@pytest.mark.parametrize("train", [fewer_rows, without_validation, with_other_validation, other_rows, one_epoch])
def test_nothing_is_said_of_rows_that_were_trained_on(Estimator, train):
    model = train(Estimator(**OPTIONS).fit(X, y))
    for _ in range(2):
        model.fit(X, y)
        assert model.oof_score_ is None and model.validation_scores_ is not None
        with pytest.raises(ValueError, match="on which no fit has trained"):
            model.predict_set(X) if hasattr(model, "classes_") else model.predict_interval(X)
    assert model.fit(X, y, X_val=X[:50], y_val=y[:50]).oof_score_ is not None
    assert model.set_params(warm_start=False).fit(X, y).oof_score_ is not None


def test_a_model_of_partial_fit_has_trained_on_all_rows(Estimator):
    assert Estimator(**OPTIONS).partial_fit(X, y).fit(X, y).oof_score_ is None
    assert Estimator(**OPTIONS).fit_statistics(X, y).fit(X, y).oof_score_ is not None


def test_a_warm_start_after_a_fit_without_one(Estimator):
    """The first fit keeps no optimizer state, but which rows it left out."""
    model = Estimator(**OPTIONS | {"warm_start": False}).fit(X, y)
    first = rows_of(model).copy()
    assert_array_equal(rows_of(model.set_params(warm_start=True).fit(X, y)), first)
    assert model.oof_score_ is not None


def parts(n):
    """A source of n rows in parts of 50, with the number of each row in the last column of X."""
    frame = pd.DataFrame(X[:n], columns=[*"abcd"]).assign(row=np.arange(n, dtype=float), y=y[:n])
    return lambda: iter([frame.iloc[i : i + 50] for i in range(0, n, 50)])


@pytest.mark.parametrize("sizes", [(300, 350, 400), (300, 300), (400, 300, 400)])
def test_rows_in_parts_that_were_left_out_stay_out(Estimator, sizes):
    """A row that validates is one on which no earlier fit has trained, however many rows there are."""
    model, trained = Estimator(**OPTIONS, scaling=None), []

    def observe(objective, stream, P):
        trained.append({int(number) for part in stream.parts(None) for number in part.x[:, -1]})
        return lambda epoch: None

    model._observers = [observe]
    for i, n in enumerate(sizes):
        assert model.fit(parts(n), "y").oof_score_ is not None
        left_out = set(range(n)) - trained[i]
        assert 0 < len(left_out) < 0.2 * n and not any(left_out & rows for rows in trained[:i])


def test_rows_in_parts_after_a_fit_on_all(Estimator):
    model = Estimator(**OPTIONS | {"early_stopping": False}).fit(parts(400), "y")
    assert model.set_params(early_stopping=True).fit(parts(400), "y").oof_score_ is None
    assert model.set_params(warm_start=False).fit(parts(400), "y").oof_score_ is not None


def test_parts_in_another_order(Estimator):
    """They have other rows at the places of those that were left out."""
    frame = pd.DataFrame(X, columns=[*"abcd"]).assign(y=y)
    model = Estimator(**OPTIONS).fit([frame[:200], frame[200:]], "y")
    assert model.fit([frame[:200], frame[200:]], "y").oof_score_ is not None
    assert model.fit([frame[200:], frame[:200]], "y").oof_score_ is None
