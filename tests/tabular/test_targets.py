"""Targets and weights: every kind of label, standardised numbers, class weights; scikit-learn as the reference."""

from functools import reduce

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.exceptions import DataConversionWarning
from sklearn.preprocessing import LabelBinarizer, StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from skscratch.tabular import (
    ClassTarget,
    RegressionTarget,
    WeightScale,
    check_weights,
    class_weights,
    require_target,
)

pl = pytest.importorskip("polars")

LABELS = {
    "list of str": ["b", "a", "c", "a"],
    "array of str": np.array(["b", "a", "c", "a"]),
    "objects": np.array(["b", "a", "c", "a"], dtype=object),
    "number objects": np.array([3, 1, 2, 1], dtype=object),
    "ints": np.array([7, -1, 3, -1]),
    "uint8": np.array([7, 1, 3, 1], dtype=np.uint8),
    "whole floats": [1.0, 0.0, 2.0, 0.0],
    "pandas": pd.Series(["b", "a", "c", "a"]),
    "pandas category": pd.Series(["b", "a", "c", "a"], dtype="category"),
    "pandas Int64": pd.Series([5, 4, 3, 4], dtype="Int64"),
    "polars": pl.Series(["b", "a", "c", "a"]),
    "polars int": pl.Series([5, 4, 3, 4]),
    "two ints": [1, -1, 1, -1],
    "two str": pd.Series(["yes", "no", "yes", "no"], dtype="string"),
    "bools": [True, False, True, False],
    "pandas boolean": pd.Series([True, False, True, False], dtype="boolean"),
}


@pytest.mark.parametrize("y", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_classes_are_encoded_as_by_label_binarizer(y, dtype):
    plain = np.array(list(y))
    binarizer = LabelBinarizer().fit(plain)
    target = ClassTarget.fit(y)
    z = target.encode(y, dtype)
    assert target.kind == ("binary" if len(binarizer.classes_) == 2 else "multiclass")
    np.testing.assert_array_equal(target.classes_, binarizer.classes_)
    np.testing.assert_array_equal(z, binarizer.transform(plain))
    assert z.dtype == dtype and z.shape == (4, target.n_outputs)
    np.testing.assert_array_equal(target.decode(z), plain)


def test_classes_of_a_column_vector_warn():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        target = ClassTarget.fit(np.array([[1], [2]]))
    assert target.kind == "binary"


@pytest.mark.parametrize(
    "y",
    [
        np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0]]),
        np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0]], dtype=bool),
        [[0, 1, 0], [1, 1, 0], [0, 0, 0]],
        sp.csr_matrix([[0, 1, 0], [1, 1, 0], [0, 0, 0]]),
        sp.coo_array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
        pd.DataFrame({"a": [0, 1, 0], "b": [1, 1, 0], "c": [0, 0, 0]}),
        pl.DataFrame({"a": [0, 1, 0], "b": [1, 1, 0], "c": [0, 0, 0]}),
    ],
)
def test_multilabel(y):
    target = ClassTarget.fit(y)
    assert (target.kind, target.n_outputs, target.classes_.tolist()) == ("multilabel", 3, [0, 1, 2])
    z = target.encode(y, np.float32)
    np.testing.assert_array_equal(z, [[0, 1, 0], [1, 1, 0], [0, 0, 0]])
    labels = target.decode(np.array([[0.2, 0.7, 0.5]]))
    assert labels.tolist() == [[0, 1, 0]] and labels.dtype.kind == "i"
    assert ClassTarget.fit(y, classes=[0, 1, 2]).n_outputs == 3
    with pytest.raises(ValueError, match="classes must be the column numbers 0 to 2 when y is multilabel"):
        ClassTarget.fit(y, classes=[0, 1])


def test_decode_probabilities():
    binary = ClassTarget.fit(["a", "b"])
    assert binary.decode(np.array([[0.5], [0.51], [0.1]])).tolist() == ["a", "b", "a"]
    many = ClassTarget.fit([3, 5, 9])
    assert many.decode(np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2]])).tolist() == [9, 3]


def test_classes_passed_explicitly():
    target = ClassTarget.fit(["b", "b"], classes=["c", "a", "b"])
    assert target.classes_.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(target.encode(["b", "a"]), [[0, 1, 0], [1, 0, 0]])
    assert ClassTarget.fit([1], classes=np.array([0, 1])).kind == "binary"
    with pytest.raises(ValueError, match="has 1 class"):
        ClassTarget.fit([1], classes=[1])


@pytest.mark.parametrize(
    ("y", "match"),
    [
        ([0.5, 1.5], "Unknown label type: continuous"),
        ([[0.5, 1.5]], "Unknown label type: continuous-multioutput"),
        ([1, 1], r"two classes or more .* but it has 1 class\(es\), \[1\]"),
        (["a", "a"], "1 class"),
        ([[1, 2], [3, 1]], "one column of classes or an indicator matrix of 0 and 1, but it has 2 columns"),
        ([["a", "b"], ["c", "a"]], "one column of classes or an indicator matrix"),
        (["a", None], r"labels of one kind, .* none missing, but it holds \['NoneType', 'str'\]"),
        (["a", 1], r"but it holds \['int', 'str'\]"),
        (pd.Series(["a", None]), "none missing"),
        (pl.Series(["a", None]), "none missing"),
        ([1, np.nan], "a label in every row, but contains NaN or infinity"),
        (np.full(10, np.inf), "contains NaN or infinity"),
        (pd.Series([1, None], dtype="Int64"), "contains NaN or infinity"),
        ([{}, {}], "labels of one kind"),
    ],
)
def test_bad_classes(y, match):
    with pytest.raises(ValueError, match=match):
        ClassTarget.fit(y)


def test_a_new_class_raises():
    target = ClassTarget.fit(np.array([1, 2, 4]))
    with pytest.raises(ValueError, match=r"no other classes than \[1, 2, 4\], but it holds 3: pass all classes"):
        target.encode([2, 3])
    with pytest.raises(ValueError, match="y must be multiclass, as it was at first"):
        target.encode([[0, 1], [1, 0]])
    with pytest.raises(ValueError, match=r"y must be multilabel, .* but an array of shape \(2, 3\)"):
        ClassTarget.fit([[0, 1], [1, 1]]).encode([[0, 1, 1], [1, 0, 0]])
    with pytest.raises(ValueError, match="indicator matrix of 0 and 1"):
        ClassTarget.fit([[0, 1], [1, 1]]).encode([[0, 2], [1, 0]])


def test_y_is_required():
    require_target([1], "MyRegressor")
    with pytest.raises(
        ValueError, match="This MyRegressor estimator requires y to be passed, but the target y is None"
    ):
        require_target(None, "MyRegressor")


@pytest.mark.parametrize("shape", [(50,), (50, 3)])
def test_standardisation_is_sklearns(shape):
    rng = np.random.default_rng(0)
    y, w = rng.gamma(2, 50, shape), rng.uniform(0.1, 3, 50)
    target = RegressionTarget.fit(y, w)
    reference = StandardScaler().fit(y.reshape(50, -1), sample_weight=w)
    z = target.encode(y, np.float64)
    np.testing.assert_allclose(z, reference.transform(y.reshape(50, -1)), rtol=1e-10, atol=1e-12)
    assert target.encode(y, np.float32).dtype == np.float32
    back = target.decode(z.astype(np.float32))
    assert back.dtype == np.float64 and back.shape == shape
    np.testing.assert_allclose(back, y, rtol=1e-5)


@pytest.mark.parametrize("invariance", ["affine", "scale", "none"])
def test_weights_are_repetitions(invariance):
    rng = np.random.default_rng(0)
    y, times = rng.gamma(2, 50, (40, 2)), rng.integers(1, 4, 40)
    weighted = RegressionTarget.fit(y, times.astype(float), invariance)
    rows = RegressionTarget.fit(rng.permutation(np.repeat(y, times, axis=0)), None, invariance)
    for name in ("shift", "scale", "low", "high"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(rows, name), rtol=1e-12)


def test_invariances():
    y = np.array([1.0, 2.0, 6.0])
    far = np.array([[100.0], [-100.0]])
    assert RegressionTarget.fit(y).decode(far).tolist() == [6.0, 1.0]
    scale = RegressionTarget.fit(y, invariance="scale")
    np.testing.assert_allclose(scale.encode(y)[:, 0], y / 3)
    np.testing.assert_allclose(scale.decode(far), [300, -300])
    none = RegressionTarget.fit(y, invariance="none")
    np.testing.assert_array_equal(none.encode(y)[:, 0], y)
    np.testing.assert_array_equal(none.decode(far), far[:, 0])


def test_slopes_end_beyond_the_range():
    """A prediction at an end of the range still moves; one beyond it is clipped."""
    target = RegressionTarget.fit([-1.0, 1.0])
    ends = np.array([[target.low[0]], [target.high[0]]])
    np.testing.assert_array_equal(target.numbers(ends), ends)  # mean 0, standard deviation 1
    np.testing.assert_array_equal(target.slopes(ends), [[1.0], [1.0]])
    np.testing.assert_array_equal(target.slopes(np.nextafter(ends, np.inf * np.sign(ends))), [[0.0], [0.0]])


def test_range_widens():
    target = RegressionTarget.fit([1.0, 3.0])
    wider = target.widen([0.0, 2.0])
    assert (wider.low, wider.high, wider.shift) == ([0.0], [3.0], target.shift)
    assert target.low == [1.0]
    assert RegressionTarget.fit([1.0, 3.0], invariance="none").widen([9.0]).high == [np.inf]


EXTREME_TARGETS = {"affine": ([-1e300, 1e300], [1e300, 1e-300]), "scale": ([1e300, 1e-300],), "none": ([1e70, 1e-300],)}


@pytest.mark.parametrize("invariance", ["affine", "scale", "none"])
def test_constant_and_extreme_targets(invariance):
    for y in ([0.1] * 7, [0.0] * 3, [5.0], *EXTREME_TARGETS[invariance]):
        target = RegressionTarget.fit(y, invariance=invariance)
        z = target.encode(y, np.float64)
        assert np.isfinite(z).all()
        np.testing.assert_allclose(target.decode(z), y, rtol=1e-12, atol=1e-15 * max(map(abs, y)))


@pytest.mark.parametrize(
    "y", [[1, 2], ["1", "2"], np.array([1, "2"], dtype=object), pd.Series([1, 2], dtype="Int64"), pl.Series([1, 2])]
)
def test_numbers_of_all_kinds(y):
    np.testing.assert_array_equal(RegressionTarget.fit(y, invariance="none").encode(y), [[1.0], [2.0]])


def test_numbers_of_a_column_vector_warn():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        target = RegressionTarget.fit([[1.0], [2.0]])
    assert target.decode(np.zeros((4, 1))).shape == (4,)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        ([1.0, np.nan], "y must be finite, but contains NaN"),
        ([1.0, -np.inf], "y must be finite, but contains infinity"),
        ([None, 1.0], "contains NaN"),
        (pd.Series([1, None], dtype="Int64"), "contains NaN"),
        (pl.Series([1, None]), "contains NaN"),
        (["a", "b"], "could not convert string to float: 'a'"),
        ([], "0 sample"),
        (np.ones((2, 2, 2)), "dim 3"),
    ],
)
def test_bad_numbers(y, match):
    with pytest.raises(ValueError, match=match):
        RegressionTarget.fit(y)


def test_another_number_of_outputs_raises():
    with pytest.raises(ValueError, match=r"y must have 1 column\(s\), as in the first fit, but it has 2"):
        RegressionTarget.fit([1.0, 2.0]).encode([[1.0, 2.0]])


def test_check_weights():
    assert check_weights(None, 3) is None
    np.testing.assert_array_equal(check_weights(2, 3), [2, 2, 2])
    for w in ([0, 1, 2], np.array([0, 1, 2]), pd.Series([0, 1, 2], dtype="Int64"), pl.Series([0, 1, 2])):
        out = check_weights(w, 3)
        np.testing.assert_array_equal(out, [0, 1, 2])
        assert out.dtype == np.float64


@pytest.mark.parametrize(
    ("w", "match"),
    [
        ([[1], [2]], "Sample weights must be 1D array or scalar"),
        ([1, 2, 3], r"sample_weight.shape == \(3,\), expected \(2,\)"),
        ([1, np.nan], "sample_weight must be finite and not negative, but it holds nan"),
        ([1, np.inf], "it holds inf"),
        ([1, -1], "it holds -1.0"),
        ([0, 0], "sample_weight must be above zero in at least one row, but every weight is zero"),
        (0, "sample_weight must be above zero in at least one row, but every weight is zero"),
    ],
)
def test_bad_weights(w, match):
    with pytest.raises(ValueError, match=match):
        check_weights(w, 2)


def scaled_by_a_power_of_two(weights, w):
    """Scale weights so that their mean, over rows of weights w, is next to that of w."""
    return weights * 2.0 ** -np.round(np.log2(weights.sum() / w.sum()))


@pytest.mark.parametrize("class_weight", ["balanced", {"a": 2.0, "b": 0.5, "c": 0}, {"b": 3}])
def test_class_weights_are_sklearns(class_weight):
    y = np.array(list("aabacb"), dtype=object)
    classes = np.unique(y)
    expected = compute_sample_weight(class_weight, y)
    np.testing.assert_allclose(class_weights(class_weight, classes, y), scaled_by_a_power_of_two(expected, np.ones(6)))
    w = np.array([1.0, 2, 3, 1, 1, 2])
    if class_weight == "balanced":
        repeated = compute_sample_weight("balanced", np.repeat(y, w.astype(int)))
        first = np.concatenate([[0], np.cumsum(w)[:-1]]).astype(int)
        expected = repeated[first]
    np.testing.assert_allclose(class_weights(class_weight, classes, y, w), scaled_by_a_power_of_two(expected * w, w))


@pytest.mark.parametrize("factor", [1e-300, 1e37])
def test_only_ratios_of_class_weights_matter(factor):
    y, classes = ["a", "a", "b"], np.array(["a", "b"])
    expected = class_weights({"a": 1, "b": 4}, classes, y)
    w = class_weights({"a": factor, "b": 4 * factor}, classes, y)
    np.testing.assert_allclose(w / w[0], expected / expected[0])
    assert 0.7 < w.mean() < 1.5
    np.testing.assert_array_equal(expected, [0.5, 0.5, 2.0])


def test_class_weights_without_class_weight():
    assert class_weights(None, np.array([0, 1]), [0, 1]) is None
    w = np.array([1.0, 2.0])
    assert class_weights(None, np.array([0, 1]), [0, 1], w) is w


def test_balanced_without_a_class():
    w = class_weights("balanced", np.array([0, 1, 2]), [0, 0, 0, 1], np.array([1.0, 1, 1, 1]))
    np.testing.assert_allclose(w, [2 / 3, 2 / 3, 2 / 3, 2])
    np.testing.assert_allclose(class_weights("balanced", np.array([0, 1]), [0, 1], np.array([1.0, 0])), [1, 0])


@pytest.mark.parametrize(
    ("class_weight", "match"),
    [
        ({2: 1.0}, r"class_weight holds 2, which must be, but is not, one of the classes \[0, 1\]"),
        ({0: -1.0}, "class_weight must be finite and not negative, but class 0 has -1.0"),
        ({0: 0, 1: 0}, "every weight is zero"),
        ("balance", "must be None, 'balanced' or a dict of class to weight, got 'balance'"),
        ([1, 2], "must be None, 'balanced' or a dict"),
    ],
)
def test_bad_class_weights(class_weight, match):
    with pytest.raises(ValueError, match=match):
        class_weights(class_weight, np.array([0, 1]), [0, 1])


def test_class_weights_of_multilabel_raise():
    with pytest.raises(ValueError, match="class_weight must be None when y is multilabel"):
        class_weights("balanced", np.arange(2), [[0, 1], [1, 1]])


@pytest.mark.parametrize("factor", [5e-324, 1e-300, 1e-46, 1.0, 1e37, 1e300])
def test_weights_are_divided_by_a_power_of_two_next_to_their_mean(factor):
    w = np.array([1.0, 2.0, 0.0, 3.0]) * factor
    u = WeightScale.of(w).apply(w)
    np.testing.assert_array_equal(u[[1, 3]] / u[0], [2, 3])
    assert u[2] == 0 and 0.7 < u[u > 0].mean() < 1.5 and (factor != 1 or u[0] == 0.5)
    np.testing.assert_array_equal(w, np.array([1.0, 2.0, 0.0, 3.0]) * factor)  # not changed


def test_negligible_weights_become_zero():
    w = np.array([1e-300, 1.0, 1e-17, 3.0, 1e-15])
    np.testing.assert_array_equal(WeightScale.of(w).apply(w), [0, 1, 0, 3, 1e-15])


@pytest.mark.parametrize("factors", [(1, 1), (1e-300, 1e-300), (1e37, 1e30)])
def test_scales_of_parts_are_those_of_all_rows(factors):
    w = np.random.default_rng(0).random(20)
    parts = [w[:8] * factors[0], w[8:] * factors[1], np.zeros(3)]
    merged = reduce(WeightScale.merge, [WeightScale.of(part) for part in parts])
    everything = np.concatenate(parts)
    np.testing.assert_allclose(merged, WeightScale.of(everything))
    np.testing.assert_allclose(merged.apply(parts[1]), WeightScale.of(everything).apply(everything)[8:20])


def test_decoded_numbers_are_finite():
    target = RegressionTarget.fit(np.array([1e300, 2e300]), invariance="scale")
    assert np.isfinite(target.decode(np.array([[1e38], [0.0]]))).all()


@pytest.mark.parametrize("vector", [True, False])
def test_decoded_differences_are_those_of_decoded_numbers_and_finite(vector):
    y = np.array([1.0, 5, 9]) if vector else np.array([[1.0, 2], [5, 0], [9, 30]])
    target = RegressionTarget.fit(y)
    z = target.encode(y)
    np.testing.assert_allclose(target.decode_difference(z - z[0]), y - y[0])
    assert target.decode_difference(np.full(z.shape, 1.7e308)).max() == np.finfo(np.float64).max


def test_the_first_target_that_is_too_large_is_named():
    target = RegressionTarget.fit([0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match=r"y must be at most \S+ times as large .*, but it holds 1e\+30: rescale it"):
        target.encode([1.0, 1e30, 1e31], np.float32)
