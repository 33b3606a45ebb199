"""Every parameter accepts the values on its bounds, and refuses others in one sentence."""

import inspect
import re
import subprocess
import sys
from numbers import Integral

import numpy as np
import pytest
import sklearn.neural_network

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.compat import MLPClassifier
from skscratch.core.activations import Activation, Tanh
from skscratch.core.embeddings import NumericEmbedding, Periodic
from skscratch.core.initializers import HeNormal, Initializer
from skscratch.core.losses import HuberLoss, Loss, SquaredError
from skscratch.core.schedules import Cosine, Schedule
from skscratch.estimators.constraints import (
    Choice,
    Named,
    Number,
    Satisfying,
    ScorerName,
    as_float,
    check_parameters,
    is_sequence_of,
)
from skscratch.estimators.hyperparameters import constraints
from skscratch.tabular.scaling import Robust, Scaler

ESTIMATORS = [ScratchMLPClassifier, ScratchMLPRegressor]
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS, ids=lambda E: E.__name__)
SENTENCE = re.compile(
    r"The '(?P<parameter>\w+)' parameter of (?P<estimator>\w+) must be (?P<expected>.+)\. Got (?P<given>.+) instead\."
    r"( Did you mean '(?P<hint>\w+)'\?)?"
)
ALTERNATIVES = {Estimator: constraints(Estimator._hyperparameters) for Estimator in ESTIMATORS}
X, y = np.arange(12.0).reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])


def without_address(value):
    """A name that is the same in every process, as pytest-xdist needs."""
    return re.sub(r" at 0x\w+", "", repr(value))


def outside(constraint):
    """Values that a constraint must refuse."""
    if isinstance(constraint, Number):
        yield from (np.nan, "nonsense", True, [0.5])
        yield constraint.low - 1 if constraint.brackets[0] == "[" else constraint.low
        if constraint.high < np.inf:
            yield constraint.high + 1 if constraint.brackets[1] == "]" else constraint.high
        if constraint.kind is Integral:
            yield constraint.low + 1.5
    elif isinstance(constraint, Choice):
        yield from ("nonsense", "", constraint.options[0].upper() + "x")
    else:
        yield from (object(), "nonsense")


def inside(constraint):
    """Values on the bounds of a constraint, or next to an open one."""
    if isinstance(constraint, Number):
        yield constraint.low if constraint.brackets[0] == "[" else constraint.low + 1e-9
        if constraint.high < np.inf:
            yield constraint.high if constraint.brackets[1] == "]" else constraint.high - 1e-9
        yield np.int64(constraint.low + 1) if constraint.kind is Integral else np.float32(constraint.low + 0.5)
    elif isinstance(constraint, Choice):
        yield from constraint.options


def cases(values, good):
    """(estimator, parameter, value) for each constraint; a value that one alternative refuses another may take."""
    for Estimator in ESTIMATORS:
        for parameter in Estimator().get_params():
            alternatives = ALTERNATIVES[Estimator][parameter]
            for value in [value for constraint in alternatives for value in values(constraint)]:
                if good or not any(value in other for other in alternatives):
                    name = f"{Estimator.__name__}-{parameter}-{type(value).__name__}-{str(value)[:12]}"
                    yield pytest.param(Estimator, parameter, value, id=name)


BAD, GOOD = list(cases(outside, good=False)), list(cases(inside, good=True))


@pytest.mark.parametrize("Estimator, parameter, value", BAD)
def test_a_bad_value_is_named_in_one_sentence(Estimator, parameter, value):
    alternatives = ALTERNATIVES[Estimator][parameter]
    with pytest.raises(ValueError) as error:
        Estimator(**{parameter: value}).fit(X, y)
    said = SENTENCE.fullmatch(str(error.value))
    assert said, str(error.value)
    assert said["parameter"] == parameter and said["estimator"] == Estimator.__name__
    assert said["given"] == repr(value)
    assert said["expected"] == " or ".join(map(str, alternatives))


@pytest.mark.parametrize("Estimator, parameter, value", GOOD)
def test_values_on_the_bounds_are_accepted(Estimator, parameter, value):
    check_parameters(Estimator(**{parameter: value}), ALTERNATIVES[Estimator])


@each_estimator
def test_every_parameter_has_a_bad_and_a_good_value(Estimator):
    """The generated cases above leave no parameter out."""
    bad = {case.values[1] for case in BAD if case.values[0] is Estimator}
    assert bad == set(Estimator().get_params())
    check_parameters(Estimator(), ALTERNATIVES[Estimator])


@each_estimator
@pytest.mark.parametrize(
    "given",
    [
        dict(hidden_layer_sizes=(0,)),
        dict(hidden_layer_sizes=[10, 2.5]),
        dict(hidden_layer_sizes="10"),
        dict(hidden_layer_sizes=[[10]]),
        dict(width=0),
        dict(depth=-1),
        dict(activation=["relu", "nonsense"]),
        dict(n_estimators=0),
        dict(n_estimators=2.0),
        dict(alpha=-1e-9),
        dict(dropout=1),
        dict(clip_norm=0),
        dict(batch_size=0),
        dict(max_iter=1.5),
        dict(tol=-1.0),
        dict(validation_fraction=1),
        dict(early_stopping=1),
        dict(shuffle="yes"),
        dict(scoring="acuracy"),
        dict(categorical_features=3),
        dict(random_state=-1),
        dict(random_state=np.random.default_rng(0)),
        dict(verbose=-1),
        dict(dtype="float16"),
        dict(dtype=np.float32),
        dict(momentum=1.01),
    ],
    ids=without_address,
)
def test_bad_values_by_hand(Estimator, given):
    """Values written by hand, independent of the constraints."""
    parameter, value = next(iter(given.items()))
    with pytest.raises(
        ValueError, match=rf"The '{parameter}' parameter of {Estimator.__name__} must be .*{Got(value)}"
    ):
        Estimator(**given).fit(X, y)


def Got(value):  # noqa: N802
    return re.escape(f"Got {value!r} instead.")


@pytest.mark.parametrize(
    "given", [dict(loss="hinge"), dict(label_smoothing=1.0), dict(class_weight="balance")], ids=repr
)
def test_bad_values_of_the_classifier(given):
    with pytest.raises(ValueError, match=f"The '{next(iter(given))}' parameter of ScratchMLPClassifier must be"):
        ScratchMLPClassifier(**given).fit(X, y)


@pytest.mark.parametrize("given", [dict(loss="log_loss"), dict(quantile=0), dict(quantile=1.0)], ids=repr)
def test_bad_values_of_the_regressor(given):
    with pytest.raises(ValueError, match=f"The '{next(iter(given))}' parameter of ScratchMLPRegressor must be"):
        ScratchMLPRegressor(**given).fit(X, y)


@each_estimator
@pytest.mark.parametrize(
    "given, meant",
    [
        (dict(solver="adm"), "adam"),
        (dict(activation="rellu"), "relu"),
        (dict(learning_rate="flat_cos"), "flat_cosine"),
        (dict(init="he_norm"), "he_normal"),
        (dict(scaling="robst"), "robust"),
        (dict(numeric_embedding="periodical"), "periodic"),
        (dict(scoring="acuracy"), "accuracy"),
        (dict(early_stopping="aut"), "auto"),
    ],
    ids=repr,
)
def test_did_you_mean(Estimator, given, meant):
    with pytest.raises(ValueError, match=rf"instead\. Did you mean '{meant}'\?$"):
        Estimator(**given).fit(X, y)


def test_no_hint_if_no_option_is_similar():
    with pytest.raises(ValueError, match=r"Got 'zzz' instead\.$"):
        ScratchMLPClassifier(solver="zzz").fit(X, y)


@each_estimator
@pytest.mark.parametrize(
    "given",
    [
        dict(hidden_layer_sizes=()),
        dict(hidden_layer_sizes=3),
        dict(hidden_layer_sizes=np.array([3, 2])),
        dict(hidden_layer_sizes=[np.int32(3)]),
        dict(depth=0),
        dict(width=np.int64(2), depth=1),
        dict(activation=("relu", "tanh")),
        dict(max_iter="auto", width=2),
        dict(n_iter_no_change=float("inf")),
        dict(random_state=np.int64(3)),
        dict(random_state=np.random.RandomState(0)),
        dict(verbose=0),
        dict(alpha=1),
        dict(categorical_features=[]),
        dict(batch_size=10**9),
    ],
    ids=without_address,
)
def test_good_values_reach_the_end_of_a_fit(Estimator, given):
    model = Estimator(**{**dict(max_iter=1, n_estimators=1), **given}).fit(X, y)
    assert np.isfinite(model.predict(X)).all() and model.n_iter_ >= 1


@each_estimator
def test_the_table_has_a_row_for_each_argument(Estimator):
    names = set(inspect.signature(Estimator).parameters)
    assert names == set(ALTERNATIVES[Estimator]) == set(Estimator().get_params())


@each_estimator
@pytest.mark.parametrize("given", [dict(width=5), dict(depth=1), dict(width=5, depth=1)], ids=repr)
def test_hidden_layer_sizes_excludes_width_and_depth(Estimator, given):
    message = r"hidden_layer_sizes must be None where width or depth is given, got hidden_layer_sizes=\(4,\)"
    with pytest.raises(ValueError, match=message):
        Estimator(hidden_layer_sizes=(4,), **given).fit(X, y)


@pytest.mark.parametrize("given", [dict(loss="quantile"), dict(quantile=0.5), dict(loss=HuberLoss(), quantile=0.5)])
def test_quantile_requires_its_loss(given):
    with pytest.raises(
        ValueError, match="quantile must be a float between 0 and 1, or several, where loss='quantile' and None else"
    ):
        ScratchMLPRegressor(**given).fit(X, y)


@each_estimator
def test_as_many_activations_as_hidden_layers(Estimator):
    with pytest.raises(ValueError, match="one for each of the 2 hidden layers, got 3"):
        Estimator(activation=["relu", "tanh", "selu"]).fit(X, y)


@each_estimator
def test_lbfgs_has_no_dropout(Estimator):
    with pytest.raises(ValueError, match="dropout must be 0 where solver='lbfgs'"):
        Estimator(solver="lbfgs", dropout=0.5).fit(X, y)


def test_nothing_is_checked_before_fit():
    """As scikit-learn requires: the constructor stores its arguments unchanged."""
    assert ScratchMLPClassifier(solver={}, width="wide").get_params()["width"] == "wide"


def test_brackets_have_their_meaning_in_mathematics():
    share = Number(float, 0, 1, "[)")
    assert str(share) == "a float in the range [0, 1)"
    assert str(Number(Integral, 1, float("inf"), "(]")) == "an int in the range (1, inf]"
    assert 0.0 in share and 0.999 in share and 1.0 not in share and -0.1 not in share
    assert 0.0 not in Number(float, 0, 1, "(]") and 1.0 in Number(float, 0, 1, "(]")
    assert str(Satisfying(callable, "a callable", ("callable",))) == "a callable"


OBJECTS = [
    ("activation", Activation, Tanh()),
    ("learning_rate", Schedule, Cosine()),
    ("init", Initializer, HeNormal()),
    ("scaling", Scaler, Robust()),
    ("numeric_embedding", NumericEmbedding, Periodic((0,))),
    ("loss", Loss, SquaredError()),
]
each_family = pytest.mark.parametrize("parameter, family, value", OBJECTS, ids=[name for name, *_ in OBJECTS])


@each_family
def test_an_object_of_the_family_is_accepted_but_not_its_class(parameter, family, value):
    check_parameters(ScratchMLPRegressor(**{parameter: value}), ALTERNATIVES[ScratchMLPRegressor])
    with pytest.raises(ValueError, match=rf"or an instance of {family.__module__}\.{family.__name__}"):
        ScratchMLPRegressor(**{parameter: type(value)}).fit(X, y)


@each_family
def test_a_class_that_is_registered_later_is_an_option(parameter, family, value, monkeypatch):
    monkeypatch.setattr(family, "_classes", dict(family._classes))
    check, alternatives = ScratchMLPRegressor(**{parameter: "invented"}), ALTERNATIVES[ScratchMLPRegressor]
    with pytest.raises(ValueError):
        check_parameters(check, alternatives)

    class Invented(family, name="invented"):
        pass

    check_parameters(check, alternatives)
    with pytest.raises(ValueError, match=r"one of .*'invented'.* Did you mean 'invented'\?$"):
        check_parameters(check.set_params(**{parameter: "inventd"}), alternatives)
    text = ScratchMLPRegressor._hyperparameters[parameter].describe("")
    assert '"invented"' in text


def test_names_and_objects_may_be_mixed_for_the_hidden_layers():
    check_parameters(ScratchMLPClassifier(activation=["relu", Tanh()]), ALTERNATIVES[ScratchMLPClassifier])
    with pytest.raises(ValueError, match="a sequence of them"):
        ScratchMLPClassifier(activation=["relu", Tanh]).fit(X, y)


@pytest.mark.parametrize("parameter", ["max_iter", "n_iter_no_change", "early_stopping"])
def test_the_compatible_estimators_have_no_auto(parameter):
    """scikit-learn refuses it, too."""
    for Estimator in (MLPClassifier, sklearn.neural_network.MLPClassifier):
        with pytest.raises(ValueError, match=f"The '{parameter}' parameter of MLPClassifier must be"):
            Estimator(**{parameter: "auto"}).fit(X, y)


@each_estimator
def test_loss_objects_of_both_estimators(Estimator):
    check_parameters(Estimator(loss=HuberLoss(2.0)), ALTERNATIVES[Estimator])


def test_options_besides_the_names_of_a_family():
    init = Named(Initializer, "ntk")
    assert "ntk" in init and init.options == ["ntk", *Initializer.names()]
    assert init.types == ("str", "Initializer") and "ntk" not in Named(Initializer)


def test_sequences():
    test = is_sequence_of(Number(Integral, 1, 3))
    assert test([]) and test((1, 3)) and test(np.array([1, 2]))
    assert not any(map(test, ([4], [[1], [1, 2]], np.ones((1, 1), int), np.array(1), "1", {1}, None)))


def test_scorers_are_not_imported_with_the_package():
    """Metrics of scikit-learn take longer to import than this package."""
    code = "import sys, skscratch; sys.exit('sklearn.metrics' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert "accuracy" in ScorerName()


def test_numbers_beyond_float64_are_infinite():
    assert [as_float(sign * 10**400) for sign in (1, -1)] == [np.inf, -np.inf]
    assert as_float(np.float32(0.5)) == 0.5


@pytest.mark.parametrize("kind", [Number, Satisfying])
def test_constraints_are_frozen(kind):
    assert kind.__dataclass_params__.frozen
