"""What every call may end in: outputs as documented, or an error in one sentence; and what it may never change."""

import linecache
import traceback
import warnings
from pathlib import Path

import joblib
import numpy as np
import sklearn
from hypothesis import settings
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning

import skscratch
from skscratch import ScratchMLPClassifier
from skscratch.exceptions import ColumnWarning

OURS, SCIKIT_LEARN = (str(Path(package.__file__).parent) for package in (skscratch, sklearn))
ALLOWED_WARNINGS = (
    "X is sparse and has missing values",
    "X does not have valid feature names",
    "X has feature names",
    "members diverged: loss and parameters must stay finite",
    "members are worse than their initial parameters",
    "The partitions of y should be alike",
    "The number of unique classes is greater than 50%",  # of scikit-learn
    "Support for labels represented as bytes is deprecated",  # of scikit-learn 1.6, an error in later versions
)


def share_of_cases(share):
    """Settings of a test that tries this share of all cases of the profile."""
    return settings(max_examples=max(1, round(share * settings().max_examples)))


def attempt(call, *args, **options):
    """Return the value of a call and None, or None and its error, which must be of an allowed kind.

    The call must not change its arguments, and may only give warnings that are documented.
    """
    before = fingerprint([args, options])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value, error = call(*args, **options), None
        except (ValueError, TypeError) as refusal:
            check_error(refusal)
            value, error = None, refusal
    assert fingerprint([args, options]) == before, "an argument was changed"
    for warning in caught:
        check_warning(warning)
    return value, error


def attempt_with(model, method, *args, **options):
    """Call a method of an estimator as `attempt` does; if it is refused, the estimator must be as it was."""
    before, attributes = content_of(model), dict(vars(model))
    value, error = attempt(getattr(model, method), *args, **options)
    if error is not None or method not in ("fit", "partial_fit", "fit_statistics", "set_params"):
        assert vars(model).keys() == attributes.keys()
        assert all(vars(model)[name] is attribute for name, attribute in attributes.items())
        assert content_of(model) == before, f"{method} changed the estimator"
    return value, error


def content_of(model):
    """The hash of an estimator, without what the parts of its model compute once and keep."""
    fitted = model._model
    values = None if fitted is None else (fitted.parameters.values, fitted.encoder, fitted.target, fitted.categorical)
    return joblib.hash([{name: value for name, value in vars(model).items() if name != "_model"}, values])


def check_error(error):
    """Fail unless the error was raised on purpose, by this package or by scikit-learn."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = str(error)
    if place.filename.startswith(SCIKIT_LEARN):
        assert message, repr(error)
        return
    statement = linecache.getline(place.filename, place.lineno).strip()
    assert place.filename.startswith(OURS) and statement.startswith("raise"), f"not raised on purpose: {error!r}"
    assert "\n" not in message.strip() or "raise explain" in statement, message
    assert len(message) > 20, message


def check_warning(warning):
    """Fail unless the warning is one that is documented."""
    documented = issubclass(warning.category, (ColumnWarning, ConvergenceWarning, DataConversionWarning))
    documented |= "sklearn/metrics" in warning.filename  # R2 of numbers whose squares overflow is scikit-learn's
    assert documented or any(text in str(warning.message) for text in ALLOWED_WARNINGS), (
        f"{warning.category.__name__}: {warning.message} ({warning.filename}:{warning.lineno})"
    )


def fingerprint(value):
    """A value that is equal before and after a call that does not change its argument."""
    if isinstance(value, dict):
        return [(name, fingerprint(entry)) for name, entry in value.items()]
    if isinstance(value, np.ndarray):
        content = repr(value.tolist()) if value.dtype == object else value.tobytes()
        return value.dtype.str, value.shape, value.strides, content
    if issparse(value):
        parts = ("data", "indices", "indptr", "coords", "offsets", "rows")
        arrays = [np.asarray(array) for name in parts for array in [getattr(value, name, None)] if array is not None]
        return value.format, value.shape, [fingerprint(array) for array in arrays]
    if hasattr(value, "iloc") and value.ndim == 2:
        return [(repr(name), str(column.dtype), repr(column.tolist())) for name, column in value.items()]
    if isinstance(value, (list, tuple)) and len(value) < 10:
        return [fingerprint(entry) for entry in value]
    return repr(value)


def check_outputs(model, X, n):
    """Check shape, type and finiteness of everything that a fitted estimator computes for n rows."""
    if isinstance(model, ScratchMLPClassifier):
        check_classifier(model, X, n)
    else:
        check_regressor(model, X, n)
    assert repr(model.columns_) and model.columns_._repr_html_()
    assert all(np.isfinite(values).all() for values in [*model.coefs_, *model.intercepts_])


def output(model, method, X, *args, **options):
    value, error = attempt_with(model, method, X, *args, **options)
    if error is not None:
        raise AssertionError(f"{method} refused the rows of fit: {error!r}") from error
    return value


def check_finite(values, shape):
    assert values.shape == shape, f"shape {values.shape}, expected {shape}"
    assert values.dtype.kind == "f" and np.isfinite(values).all(), values


def check_classifier(model, X, n):
    k, labels = len(model.coefs_[0]), model.classes_
    y = output(model, "predict", X)
    is_multilabel = y.ndim == 2
    assert y.shape == ((n, len(labels)) if is_multilabel else (n,))
    assert np.isin(y, [0, 1] if is_multilabel else labels).all()
    assert is_multilabel or y.dtype == labels.dtype
    p = output(model, "predict_proba", X)
    check_finite(p, (n, len(labels)))
    assert ((p >= 0) & (p <= 1)).all() and (is_multilabel or np.allclose(p.sum(axis=1), 1))
    check_finite(output(model, "predict_members", X), (k, n, len(labels)))
    check_finite(output(model, "predict_log_proba", X), (n, len(labels)))
    is_binary = not is_multilabel and len(labels) == 2
    check_finite(output(model, "decision_function", X), (n,) if is_binary else (n, len(labels)))
    sets, error = attempt_with(model, "predict_set", X, alpha=0.5)
    assert error is not None or (sets.dtype == bool and sets.shape == (n, len(labels)))
    check_out_of_fold(model, model.oof_decision_function_)


def check_regressor(model, X, n):
    k = len(model.coefs_[0])
    y = output(model, "predict", X)
    shape = (n,) if y.ndim == 1 else (n, model.n_outputs_)
    check_finite(y, shape)
    check_finite(output(model, "predict_members", X), (k, *shape))
    bounds, error = attempt_with(model, "predict_interval", X, alpha=0.5)
    if error is None:
        check_finite(bounds, (*shape, 2))
        assert (bounds[..., 0] <= bounds[..., 1]).all()
    check_out_of_fold(model, model.oof_prediction_)


def check_out_of_fold(model, outputs):
    (score, error) = attempt(lambda: model.oof_score_)
    assert error is None and (outputs is None or np.isfinite(outputs[~np.isnan(outputs)]).all())
    assert score is None or score <= 1
