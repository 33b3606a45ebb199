"""Every loss against scikit-learn's metrics or SciPy, central differences, and the limits of floating point."""

import numpy as np
import pytest
from scipy import spatial, special
from sklearn import metrics

from skscratch.core import (
    AbsoluteError,
    BinaryLogLoss,
    CosineDistance,
    Dense,
    GammaLoss,
    HuberLoss,
    Loss,
    MulticlassLogLoss,
    Network,
    Objective,
    PoissonLoss,
    QuantileLoss,
    SquaredError,
    Tanh,
    gradcheck,
)

MEMBERS, ROWS, OUTPUTS = 3, 7, 4


def normal_target(rng):
    return rng.standard_normal((ROWS, OUTPUTS))


def counts(rng):
    return rng.poisson(1.0, (ROWS, OUTPUTS)).astype(float) + np.eye(ROWS, OUTPUTS)


def positive(rng):
    return rng.gamma(2.0, size=(ROWS, OUTPUTS))


def labels(rng):
    return rng.integers(0, 2, (ROWS, OUTPUTS)).astype(float)


def one_hot(rng):
    return np.eye(OUTPUTS)[rng.integers(0, OUTPUTS, ROWS)]


# A loss, targets in its domain, and the loss of one row by another library.
TABLE = [
    (SquaredError(), normal_target, lambda z, y: OUTPUTS / 2 * metrics.mean_squared_error(y, z)),
    (AbsoluteError(), normal_target, lambda z, y: OUTPUTS * metrics.mean_absolute_error(y, z)),
    (HuberLoss(), normal_target, lambda z, y: special.huber(1.0, z - y).sum()),
    (HuberLoss(delta=0.3), normal_target, lambda z, y: special.huber(0.3, z - y).sum()),
    (QuantileLoss(), normal_target, lambda z, y: OUTPUTS * metrics.mean_pinball_loss(y, z)),
    (QuantileLoss(quantile=0.9), normal_target, lambda z, y: OUTPUTS * metrics.mean_pinball_loss(y, z, alpha=0.9)),
    (PoissonLoss(), counts, lambda z, y: OUTPUTS / 2 * metrics.mean_poisson_deviance(y, np.exp(z))),
    (GammaLoss(), positive, lambda z, y: OUTPUTS / 2 * metrics.mean_gamma_deviance(y, np.exp(z))),
    (CosineDistance(), normal_target, lambda z, y: spatial.distance.cosine(z, y)),
    (
        BinaryLogLoss(),
        labels,
        lambda z, y: metrics.log_loss(y, special.expit(z), labels=[0, 1], normalize=False),
    ),
    (
        MulticlassLogLoss(),
        one_hot,
        lambda z, y: metrics.log_loss([y.argmax()], special.softmax(z)[None], labels=range(OUTPUTS)),
    ),
]
LOSSES = [loss for loss, _, _ in TABLE]
LOG_LOSSES = [BinaryLogLoss, MulticlassLogLoss]
TARGETS = {loss: target for loss, target, _ in TABLE}
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=repr)
every_regression_loss = pytest.mark.parametrize("loss", [x for x in LOSSES if type(x) not in LOG_LOSSES], ids=repr)
every_log_loss = pytest.mark.parametrize("loss", [loss() for loss in LOG_LOSSES], ids=repr)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, float])


def draw(loss, dtype=float, seed=0):
    """z (MEMBERS, ROWS, OUTPUTS) and y (ROWS, OUTPUTS) in the domain of the loss."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((MEMBERS, ROWS, OUTPUTS)).astype(dtype), TARGETS[loss](rng).astype(dtype)


def gradient(loss, z, y):
    return loss.gradient(z, y, out=np.full_like(z, np.nan))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_several_quantiles(dtype, rng):
    """The sum of the pinball losses of numbers in ascending order, and its gradient by differences."""
    levels, h = (0.1, 0.5, 0.9), 1e-6
    loss = QuantileLoss(levels)
    z, y = rng.standard_normal((MEMBERS, ROWS, 3)).astype(dtype), rng.standard_normal((ROWS, 1)).astype(dtype)
    p = loss.predict(z)
    assert (np.diff(p, axis=-1) > 0).all()
    for i, value in np.ndenumerate(loss.value(z, y)):
        terms = [metrics.mean_pinball_loss(y[i[1]], [number], alpha=q) for q, number in zip(levels, p[i], strict=True)]
        np.testing.assert_allclose(value, sum(terms), rtol=1e-5)
    gradient = loss.gradient(z, y, np.empty_like(z))
    assert gradient.dtype == dtype
    z64 = z.astype(float)
    for j, step in enumerate(h * np.eye(3)):
        difference = (loss.value(z64 + step, y) - loss.value(z64 - step, y)) / (2 * h)
        np.testing.assert_allclose(gradient[..., j], difference, atol=1e-5)


def test_gradient_of_several_quantiles_through_a_network(rng):
    objective = Objective(Network((Dense(4), Tanh(), Dense(3)), 2), QuantileLoss((0.1, 0.5, 0.9)))
    P, x, y = objective.network.init(2, rng), rng.standard_normal((ROWS, 2)), rng.standard_normal((ROWS, 1))
    assert gradcheck(objective, P, x, y, rng=rng) < 1e-6


def test_several_quantiles_have_one_target(rng):
    with pytest.raises(ValueError, match="one output for several quantiles, got 2 outputs"):
        QuantileLoss((0.1, 0.9)).check_target(rng.standard_normal((4, 2)))


def test_every_class_has_a_row(concrete_classes):
    assert {type(loss) for loss in LOSSES} == concrete_classes(Loss)


def test_regression_losses_have_names():
    """The log losses have none: they follow from the target of a classifier."""
    made = [Loss.make(name) for name in Loss.names()]
    assert {type(loss) for loss in made} == {type(loss) for loss in LOSSES} - set(LOG_LOSSES)
    assert all(loss in LOSSES for loss in made)


@both_dtypes
@pytest.mark.parametrize(("loss", "target", "reference"), TABLE, ids=map(repr, LOSSES))
def test_value_equals_reference(loss, target, reference, dtype):
    z, y = draw(loss, dtype)
    value = loss.value(z, y)
    expected = [[reference(row, target) for row, target in zip(member, y, strict=True)] for member in z.astype(float)]
    assert value.shape == (MEMBERS, ROWS)
    assert value.dtype == dtype
    np.testing.assert_allclose(value, expected, rtol=1e-12 if dtype is float else 1e-5, atol=1e-6)


@every_loss
def test_gradient_equals_central_difference(loss):
    z, y = draw(loss)
    h, expected = 1e-6, np.empty_like(z)
    for j in range(OUTPUTS):
        step = h * np.eye(OUTPUTS)[j]
        expected[..., j] = (loss.value(z + step, y) - loss.value(z - step, y)) / (2 * h)
    np.testing.assert_allclose(gradient(loss, z, y), expected, atol=1e-8)


@every_log_loss
def test_gradient_at_soft_targets(loss):
    """Between the classes, where label smoothing puts the targets."""
    z, y = draw(loss)
    y = 0.7 * y + 0.3 / (2 if isinstance(loss, BinaryLogLoss) else OUTPUTS)
    loss.check_target(y)
    h, direction = 1e-6, np.random.default_rng(1).standard_normal(z.shape)
    slope = (loss.value(z + h * direction, y) - loss.value(z - h * direction, y)) / (2 * h)
    np.testing.assert_allclose((gradient(loss, z, y) * direction).sum(axis=-1), slope, atol=1e-8)


@every_loss
def test_gradient_is_written_into_out_and_inputs_are_kept(loss):
    z, y = draw(loss)
    kept, out = (z.copy(), y.copy()), np.full_like(z, np.nan)
    assert loss.gradient(z, y, out) is out
    loss.value(z, y), loss.predict(z), loss.check_target(y)
    np.testing.assert_array_equal(z, kept[0])
    np.testing.assert_array_equal(y, kept[1])


@every_loss
def test_float32_stays_float32_and_agrees_with_float64(loss):
    z, y = draw(loss, np.float32)
    for method in (loss.value, lambda z, y: gradient(loss, z, y), lambda z, y: loss.predict(z)):
        narrow, wide = method(z, y), method(z.astype(float), y.astype(float))
        assert narrow.dtype == np.float32
        np.testing.assert_allclose(narrow, wide, rtol=2e-6, atol=2e-6)


@every_loss
def test_members_are_independent_and_a_target_may_carry_the_member_axis(loss):
    z, y = draw(loss)
    for method in (loss.value, lambda z, y: gradient(loss, z, y), lambda z, y: loss.predict(z)):
        together = method(z, y)
        np.testing.assert_array_equal(together, method(z, y[None]))
        np.testing.assert_allclose(
            together, np.concatenate([method(z[i : i + 1], y) for i in range(MEMBERS)]), rtol=1e-14
        )
    loss.check_target(y[None])


@every_loss
def test_a_single_row_and_a_strided_score(loss):
    z, y = draw(loss)
    wide = np.repeat(z, 2, axis=-1)[..., ::2]
    np.testing.assert_allclose(loss.value(wide, y), loss.value(z, y), rtol=1e-14)
    np.testing.assert_allclose(gradient(loss, z[:, :1], y[:1]), gradient(loss, z, y)[:, :1], rtol=1e-13, atol=1e-15)


@every_loss
def test_predict_applies_the_inverse_link(loss):
    """The squared error and the like predict a number itself, the log losses a probability."""
    z, _ = draw(loss)
    formulas = {
        PoissonLoss: np.exp,
        GammaLoss: np.exp,
        BinaryLogLoss: special.expit,
        MulticlassLogLoss: lambda z: special.softmax(z, axis=-1),
    }
    expected = formulas.get(type(loss), lambda z: z)(z)
    np.testing.assert_allclose(loss.predict(z), expected, rtol=1e-13)
    np.testing.assert_array_equal(loss.inverse_link.predict(z), loss.predict(z))


@every_regression_loss
def test_the_loss_of_a_perfect_prediction_is_zero_and_the_smallest(loss):
    _, y = draw(loss)
    is_log = loss.inverse_link.name == "exp"
    y = y + 0.5 if is_log else y
    z = np.log(y) if is_log else y
    np.testing.assert_allclose(loss.value(z[None], y), 0, atol=1e-14)
    if not isinstance(loss, QuantileLoss):  # each slope between those of both sides is right
        np.testing.assert_allclose(gradient(loss, z[None], y), 0, atol=1e-14)
    assert (loss.value(z[None] + [0.1, 0.0, -0.1, 0.2], y) > 0).all()


@every_loss
def test_invariance(loss):
    """Shifting both, or scaling the mean and the target, leaves the gradients proportional."""
    z, y = draw(loss)
    slopes = gradient(loss, z, y)
    if loss.invariance == "affine":
        np.testing.assert_allclose(gradient(loss, z + 3, y + 3), slopes, atol=1e-14)
    elif loss.invariance == "scale":
        ratio = gradient(loss, z + np.log(3), 3 * y) / slopes
        np.testing.assert_allclose(ratio, ratio[0, 0, 0])
    else:
        assert loss.invariance == "none"


@both_dtypes
@every_log_loss
def test_log_losses_far_from_zero(loss, dtype):
    z = np.array([[[1e4, -1e4], [-1e4, 1e4], [0, 0]]], dtype)
    y = np.array([[1, 0], [1, 0], [1, 0]], dtype)
    even = {BinaryLogLoss: 2 * np.log(2), MulticlassLogLoss: np.log(2)}[type(loss)]
    np.testing.assert_allclose(loss.value(z, y), [[0, 2e4, even]], rtol=1e-6)
    np.testing.assert_array_equal(gradient(loss, z, y), [[[0, 0], [-1, 1], [-0.5, 0.5]]])
    np.testing.assert_array_equal(loss.predict(z), [[[1, 0], [0, 1], [0.5, 0.5]]])


@both_dtypes
def test_a_nearly_certain_label_keeps_its_small_loss(dtype):
    """log(1 + exp(-15)) = 3.06e-7, of which the logarithm of a probability in float32 would keep one digit."""
    z, y, loss = np.array([[[15], [-15]]], dtype), np.array([[1], [0]], dtype), BinaryLogLoss()
    np.testing.assert_allclose(loss.value(z, y), np.full((1, 2), np.log1p(np.exp(-15.0))), rtol=1e-5)
    np.testing.assert_allclose(gradient(loss, z, y)[0, 1], special.expit(-15.0), rtol=1e-5)
    z = np.array([[[15, 0], [1015, 1000]]], dtype)
    np.testing.assert_allclose(MulticlassLogLoss().predict(z)[..., 1], np.full((1, 2), special.expit(-15.0)), rtol=1e-5)


def test_cosine_at_and_near_zero():
    loss, y = CosineDistance(), np.array([[3.0, 4.0]])
    np.testing.assert_array_equal(loss.value(np.zeros((1, 1, 2)), y), 1)
    np.testing.assert_allclose(gradient(loss, np.zeros((1, 1, 2)), y), [[[-0.6, -0.8]]])
    near = np.array([[[1e-6, 0.0]]])
    np.testing.assert_allclose(loss.value(near, y), 0.4)
    np.testing.assert_allclose(gradient(loss, near, y), [[[0, -0.8e6]]])


OUTSIDE = [
    (
        PoissonLoss(),
        [[1.0], [-1.0]],
        "for loss='poisson' must be >= 0, got a smallest value of -1.0: use loss='squared_error'",
    ),
    (PoissonLoss(), [[np.nan], [1.0]], "must be >= 0"),
    (GammaLoss(), [[1.0], [0.0]], "for loss='gamma' must be > 0, got a smallest value of 0.0: use loss='poisson'"),
    (GammaLoss(), [[1.0], [-1.0]], "must be > 0, got a smallest value of -1.0"),
    (CosineDistance(), [[1.0], [2.0]], "target for loss='cosine' must be two or more outputs, .* got 1 outputs"),
    (CosineDistance(), [[1.0, 0.0], [0.0, 0.0]], "not all of them zero, got 2 outputs and 1 rows of zeros"),
    (BinaryLogLoss(), [[0.0], [1.1]], r"target for BinaryLogLoss must be in \[0, 1\], got 0.0 to 1.1: encode"),
    (BinaryLogLoss(), [[-0.1], [1.0]], r"must be in \[0, 1\], got -0.1 to 1.0"),
    (MulticlassLogLoss(), [[-1.0, 2.0]], "target for MulticlassLogLoss must be >= 0 .* got a smallest value of -1.0"),
    (MulticlassLogLoss(), [[1.0, 1.0], [0.0, 0.5]], "rows that sum to 1, got .* and sums from 0.5 to 2.0: encode"),
]


@pytest.mark.parametrize(("loss", "y", "message"), OUTSIDE)
def test_targets_outside_the_domain(loss, y, message):
    with pytest.raises(ValueError, match=message):
        loss.check_target(np.array(y))


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        *((loss, [[-1e6, 0.0], [0.0, 1e6]]) for loss in (SquaredError(), AbsoluteError(), HuberLoss(), QuantileLoss())),
        (PoissonLoss(), [[0.0, 3.5], [2.0, 0.0]]),
        (GammaLoss(), [[1e-9, 1e9]]),
        (CosineDistance(), [[0.0, -1.0]]),
        (BinaryLogLoss(), [[0.0, 1.0], [0.3, 1.0]]),
        (MulticlassLogLoss(), [[0.0, 1.0], [0.3, 0.7]]),
    ],
)
def test_targets_inside_the_domain(loss, y):
    loss.check_target(np.array(y))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        *(
            (lambda q=q: QuantileLoss(q), r"quantile must be in \(0, 1\), and")
            for q in (0.0, 1.0, np.nan, (), (0.9, 0.1))
        ),
        *((lambda d=d: HuberLoss(d), "delta must be > 0, got") for d in (0.0, -1.0, np.nan)),
    ],
)
def test_constants_outside_their_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
