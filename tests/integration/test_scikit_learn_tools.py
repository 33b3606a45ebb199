"""scikit-learn's meta-estimators, searches and displays with the two estimators."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import randint
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris, make_classification, make_multilabel_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import RFE, RFECV, SequentialFeatureSelector
from sklearn.inspection import DecisionBoundaryDisplay, PartialDependenceDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    HalvingGridSearchCV,
    KFold,
    LearningCurveDisplay,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.datasets import load_titanic

SMALL = {"width": 8, "depth": 1, "n_estimators": 2, "max_iter": 8, "random_state": 0}
IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def classifier(**options):
    return ScratchMLPClassifier(**SMALL | options)


def regressor(**options):
    return ScratchMLPRegressor(**SMALL | options)


# Meta-estimators of classifiers


def test_calibration_corrects_the_effect_of_class_weights():
    X, y = make_classification(400, flip_y=0.3, random_state=0)
    weighted = classifier(class_weight={1: 10})
    calibrated = CalibratedClassifierCV(weighted, method="sigmoid", cv=3).fit(X[:300], y[:300])
    before = log_loss(y[300:], weighted.fit(X[:300], y[:300]).predict_proba(X[300:]))
    assert log_loss(y[300:], calibrated.predict_proba(X[300:])) < 0.9 * before


def test_bagging():
    X, y = IRIS
    bag = BaggingClassifier(
        classifier(max_iter=16), n_estimators=20, max_features=3, oob_score=True, random_state=0
    ).fit(X, y)
    drawn = zip(bag.estimators_, bag.estimators_features_, strict=True)
    assert_allclose(bag.predict_proba(X), np.mean([e.predict_proba(X[:, columns]) for e, columns in drawn], axis=0))
    assert bag.oob_score_ > 0.8


def test_boosting_step_by_step():
    """Each estimator is fitted with the weights that SAMME computes from the errors of the previous one."""
    X, y = IRIS
    boosted = AdaBoostClassifier(classifier(max_iter=3), n_estimators=3, random_state=0).fit(X, y)
    w = np.full(len(y), 1 / len(y))
    assert len(boosted.estimators_) == 3
    for model, error in zip(boosted.estimators_, boosted.estimator_errors_, strict=True):
        by_hand = clone(model).fit(X, y, sample_weight=w)
        wrong = by_hand.predict(X) != y
        assert_allclose(w[wrong].sum(), error)
        assert_array_equal(by_hand.predict(X), model.predict(X))
        w = w * np.exp(wrong * (np.log((1 - error) / error) + np.log(3 - 1)))
        w /= w.sum()


def test_stacking():
    X, y = IRIS
    stack = StackingClassifier(
        [("network", classifier()), ("tree", DecisionTreeClassifier())], LogisticRegression(max_iter=1000)
    )
    stack.fit(X, y)
    assert_allclose(stack.transform(X)[:, :3], classifier().fit(X, y).predict_proba(X))
    assert stack.score(X, y) > 0.9


def test_voting():
    X, y = IRIS
    vote = VotingClassifier(
        [("network", classifier()), ("linear", LogisticRegression(max_iter=1000))], voting="soft"
    ).fit(X, y)
    both = [classifier().fit(X, y).predict_proba(X), LogisticRegression(max_iter=1000).fit(X, y).predict_proba(X)]
    assert_allclose(vote.predict_proba(X), np.mean(both, axis=0))


def test_several_targets_of_several_classes():
    X, y = IRIS
    Y = np.column_stack([y, (X[:, 1] > 3).astype(int)])
    model = MultiOutputClassifier(classifier()).fit(X, Y)
    assert_array_equal(model.predict(X), np.column_stack([classifier().fit(X, t).predict(X) for t in Y.T]))


def test_a_chain_of_classifiers():
    X, Y = make_multilabel_classification(120, n_classes=2, random_state=0)
    chain = ClassifierChain(classifier(), order=[1, 0]).fit(X, Y)
    first = classifier().fit(X, Y[:, 1])
    second = classifier().fit(np.column_stack([X, Y[:, 1]]), Y[:, 0])
    predicted = first.predict(X)
    assert_array_equal(chain.predict(X)[:, 1], predicted)
    assert_array_equal(chain.predict(X)[:, 0], second.predict(np.column_stack([X, predicted])))


# Meta-estimators of regressors


def test_a_transformed_target():
    X, y = DIABETES
    model = TransformedTargetRegressor(regressor(), func=np.log, inverse_func=np.exp).fit(X, y)
    assert_allclose(model.predict(X), np.exp(regressor().fit(X, np.log(y)).predict(X)))


# Searches


def test_halving_with_epochs_as_the_resource():
    X, y = IRIS
    search = HalvingGridSearchCV(
        classifier(), {"width": [2, 4, 8, 16]}, resource="max_iter", min_resources=2, max_resources=8, factor=2, cv=2
    ).fit(X, y)
    assert search.n_resources_ == [2, 4, 8] and search.n_candidates_ == [4, 2, 1]
    assert search.best_estimator_.n_iter_ == 8


def test_random_search_over_width_and_depth():
    X, y = DIABETES
    search = RandomizedSearchCV(
        regressor(), {"width": randint(4, 17), "depth": randint(0, 3)}, n_iter=4, cv=2, random_state=0
    ).fit(X, y)
    widths = [W.shape[2] for W in search.best_estimator_.coefs_]
    assert widths == [search.best_params_["width"]] * search.best_params_["depth"] + [1]
    assert len({tuple(params.values()) for params in search.cv_results_["params"]}) == 4
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_predictions_across_folds():
    X, y = IRIS
    cv = StratifiedKFold(3)
    p = cross_val_predict(classifier(), X, y, cv=cv, method="predict_proba")
    for train, test in cv.split(X, y):
        assert_allclose(p[test], classifier().fit(X[train], y[train]).predict_proba(X[test]))


def first_weights(model):
    """Return the norm of the first weights of each column, if the inputs are the scaled columns."""
    return np.linalg.norm(model.coefs_[0], axis=(0, 2))


def test_elimination_of_features():
    """Without embeddings and front scale, and numbers alone, each row of the first weights is a column of X."""
    X, y = make_classification(
        200, 8, n_informative=3, n_redundant=0, n_clusters_per_class=1, class_sep=2, shuffle=False, random_state=0
    )
    model = classifier(init="glorot_uniform", learning_rate_init=0.02, alpha=1.0, numeric_embedding=None, max_iter=20)
    search = RFECV(model, importance_getter=first_weights, cv=3, min_features_to_select=2).fit(X, y)
    assert search.ranking_[:3].mean() < search.ranking_[3:].mean()
    assert search.support_[:3].sum() >= 2 and search.score(X, y) > 0.9


# Inspection and displays


def test_permutation_importance():
    X, y = IRIS
    noise = np.random.default_rng(0).normal(size=(len(X), 2))
    model = classifier(max_iter=16).fit(np.column_stack([noise, X]), y)
    importance = permutation_importance(model, np.column_stack([noise, X]), y, n_repeats=3, random_state=0)
    assert importance.importances_mean[4:].min() > 2 * importance.importances_mean[:2].max()


def test_partial_dependence(ax):
    X, y = DIABETES
    model = regressor().fit(X, y)
    (result,) = PartialDependenceDisplay.from_estimator(model, X, [2], grid_resolution=5, ax=ax).pd_results
    for value, average in zip(result["grid_values"][0], result["average"][0], strict=True):
        fixed = X.copy()
        fixed[:, 2] = value
        assert average == pytest.approx(model.predict(fixed).mean())


def test_decision_boundary(ax):
    X, y = IRIS
    model = classifier().fit(X[:, 2:], y == 2)
    display = DecisionBoundaryDisplay.from_estimator(
        model, X[:, 2:], response_method="predict_proba", grid_resolution=10, ax=ax
    )
    grid = np.column_stack([display.xx0.ravel(), display.xx1.ravel()])
    assert_allclose(display.response.ravel(), model.predict_proba(grid)[:, 1])
    assert display.response[-1, -1] > display.response[0, 0]  # the third class has longer and wider petals


def test_calibration_display(ax):
    X, y = IRIS
    model = classifier().fit(X, y == 1)
    display = CalibrationDisplay.from_estimator(model, X, y == 1, n_bins=4, ax=ax)
    bins = np.digitize(model.predict_proba(X)[:, 1], [0.25, 0.5, 0.75])
    assert_allclose(display.prob_true, [(y == 1)[bins == i].mean() for i in np.unique(bins)])


def test_learning_curve(ax):
    X, y = DIABETES[0][:441], DIABETES[1][:441]  # three folds of one size
    cv = KFold(3, shuffle=True, random_state=0)
    display = LearningCurveDisplay.from_estimator(regressor(), X, y, train_sizes=[0.3, 1.0], cv=cv, ax=ax)
    assert_allclose(display.test_scores[-1], cross_val_score(regressor(), X, y, cv=cv))
    assert display.test_scores[-1].mean() > display.test_scores[0].mean()


# Frames that transformers output


def titanic(library):
    """Load rows of the Titanic with numbers and categories, in a frame of the library."""
    X, y = load_titanic(return_X_y=True)
    X = X[["age", "fare", "sex", "embarked"]][:300].astype({"sex": object, "embarked": object})
    if library == "pandas":
        return X, y[:300]
    polars = pytest.importorskip("polars")
    values = {name: [None if v != v else v for v in X[name]] for name in X}
    return polars.DataFrame(values), y[:300]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_a_transformer(library):
    X, y = titanic(library)
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["age", "fare"]), ("rest", "passthrough", ["sex", "embarked"])],
        verbose_feature_names_out=False,
    ).set_output(transform=library)
    pipeline = make_pipeline(columns, classifier()).fit(X, y)
    frame = columns.fit_transform(X)
    assert type(frame) is type(X)
    assert list(pipeline[-1].feature_names_in_) == ["age", "fare", "sex", "embarked"]
    assert_array_equal(pipeline.predict_proba(X), classifier().fit(frame, y).predict_proba(frame))
    assert pipeline.score(X, y) > 0.7  # less without sex, which is a category


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_union_of_features(library):
    X, y = DIABETES
    union = FeatureUnion([("scaled", StandardScaler()), ("pca", PCA(2))]).set_output(transform=library)
    pytest.importorskip(library)
    pipeline = make_pipeline(union, regressor()).fit(X, y)
    assert list(pipeline[-1].feature_names_in_[-2:]) == ["pca__pca0", "pca__pca1"]
    by_hand = np.column_stack([StandardScaler().fit_transform(X), PCA(2).fit_transform(X)])
    assert_allclose(pipeline.predict(X), regressor().fit(by_hand, y).predict(by_hand), rtol=1e-5)


# Frames that tools turn into arrays of objects


def mixed(library="pandas"):
    """Load the same rows, with types that scikit-learn does not take for numbers: it tries to convert objects."""
    X, y = titanic(library)
    return (X.astype({"sex": "category", "embarked": "category"}) if library == "pandas" else X), y


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_transformer_without_columns(library):
    X, y = mixed(library)
    columns = ColumnTransformer([("numbers", StandardScaler(), ["age", "fare"])], remainder="passthrough")
    pipeline = make_pipeline(columns, classifier()).fit(X, y)
    by_hand = classifier(categorical_features=[2, 3]).fit(columns.transform(X), y)
    assert_array_equal(pipeline.predict_proba(X), by_hand.predict_proba(columns.transform(X)))


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("tool", [BaggingClassifier, SelfTrainingClassifier])
def test_tools_keep_the_categories(library, tool):
    """The same as if their positions were given."""
    X, y = mixed(library)
    y = np.where(np.arange(300) % 5 == 0, -1, y) if tool is SelfTrainingClassifier else y
    options = {"random_state": 0, "n_estimators": 3} if tool is BaggingClassifier else {}
    model = tool(classifier(), **options).fit(X, y)
    by_hand = tool(classifier(categorical_features=[2, 3]), **options).fit(X, y)
    assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    without = tool(classifier(categorical_features=None), **options)
    with pytest.raises(ValueError, match="could not convert string to float"):
        without.fit(X, y)


def test_the_first_column_of_a_sequential_selection():
    X, y = mixed()
    cv = StratifiedKFold(2)
    scores = {name: cross_val_score(classifier(), X[[name]], y, cv=cv).mean() for name in X}
    chosen = SequentialFeatureSelector(classifier(), n_features_to_select=1, cv=cv).fit(X, y).get_feature_names_out()
    assert list(chosen) == [max(scores, key=scores.get)] == ["sex"]


def test_elimination_by_importance():
    X, y = mixed()
    least = np.argmin(classifier().fit(X, y).feature_importances_)
    eliminated = RFE(classifier(), n_features_to_select=3).fit(X, y)
    assert list(np.flatnonzero(~eliminated.support_)) == [least]


def test_stacking_with_all_columns():
    X, y = mixed()
    both = [("network", classifier()), ("trees", HistGradientBoostingClassifier(max_iter=3))]
    stack = StackingClassifier(both, classifier(), passthrough=True, cv=2).fit(X, y)
    kinds = [column.kind for column in stack.final_estimator_.columns_]
    assert kinds == ["number"] * 4 + ["category"] * 2
