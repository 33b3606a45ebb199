"""Each variant of the ablation changes a default to an allowed value, and is compared with the defaults."""

import numpy as np
import pytest

from benchmarks import ablation, methods, results
from skscratch.estimators import builders


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ablation.ABLATION)
def test_each_variant_changes_a_default_to_an_allowed_value(name, make_table):
    ((parameter, value),) = ablation.ABLATION[name].items()
    tables = [make_table(task=task) for task in ("binary", "regression")]
    changed = set()
    for t in tables:
        variant = methods.variant({parameter: value}).make(t, 0)
        changed |= changed_hyperparameters(variant, methods.variant({}).make(t, 0))
        variant.set_params(max_iter=1).fit(t.X, t.y)
        losses = results.evaluate(variant, t.X, t.y, t.classes)
        assert np.isfinite(losses["log_loss" if t.classes else "rmse"])
    assert parameter in changed


def changed_hyperparameters(variant, default):
    """The names of the hyperparameters in which two estimators differ on 6,400 rows."""
    values, expected = resolved_hyperparameters(variant), resolved_hyperparameters(default)
    return {name for name, value in values.items() if value != expected[name]}


def resolved_hyperparameters(estimator, n=6400):
    """The hyperparameters for n rows, in which "auto" is replaced by a number."""
    sizes = builders.hidden_sizes(estimator)
    resolved = {name: getattr(builders, name)(estimator, n) for name in ("batch_size", "max_iter")}
    resolved |= {"width": sizes[0], "depth": len(sizes), "learning_rate_init": builders.learning_rate(estimator)}
    resolved["n_iter_no_change"] = builders.epochs_without_change(estimator, builders.FLAT_PATIENCE)
    return {**estimator.get_params(), **resolved}


def test_the_ablation_compares_with_the_defaults(run_accuracy, monkeypatch, capsys):
    monkeypatch.setattr(ablation, "ABLATION", {"narrow": {"width": 2}})
    ablation.main(["--only", "two", "--splits", "1", "--set", "max_iter=1"])
    printed = capsys.readouterr().out
    assert "Ratios to skscratch" in printed and "\nnarrow" in printed.partition("Paired over tables")[2]
