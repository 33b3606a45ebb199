"""Generated tables have the documented distributions, functions and noise."""

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from benchmarks import generated, large, results
from benchmarks.generated import GENERATED


@pytest.mark.parametrize("name", GENERATED)
def test_the_first_rows_equal_a_shorter_table(name):
    short, long, other = GENERATED[name](50, 3), GENERATED[name](333, 3), GENERATED[name](50, 4)
    assert short.table.name == name and list(short.table.X) == list(long.table.X)
    assert_frame_equal(short.table.X, long.table.X[:50], check_exact=True)
    assert np.array_equal(short.table.y, long.table.y[:50]) and np.array_equal(short.truth, long.truth[:50])
    assert not np.array_equal(short.table.y, other.table.y)


@pytest.mark.parametrize("name", generated.FAMILIES)
def test_the_noise_has_the_standard_deviation_of_the_family(name):
    table, truth = GENERATED[f"{name}_regression"](4000, 0)
    noise = table.y - truth
    assert noise.std() == pytest.approx(generated.FAMILIES[name].noise, rel=0.05)
    assert abs(np.corrcoef(noise, truth)[0, 1]) < 0.05


@pytest.mark.parametrize("name", generated.FAMILIES)
def test_classes_are_drawn_from_their_probabilities(name):
    """The frequencies in ten groups of rows by P(y = 1 | x); the expected log loss is the entropy."""
    table, p = GENERATED[f"{name}_binary"](8000, 0)
    groups = np.array_split(np.argsort(p[:, 1]), 10)
    frequency, expected = ([values[rows].mean() for rows in groups] for values in (table.y, p[:, 1]))
    assert frequency == pytest.approx(expected, abs=0.06) and min(frequency) < 0.05 and max(frequency) > 0.95
    losses = results.evaluate(large.Truth(p), None, table.y, 2)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=1).mean()
    assert losses["log_loss"] == pytest.approx(entropy, rel=0.05)
    assert losses["error"] == pytest.approx(p.min(axis=1).mean(), rel=0.08) and 0.09 < losses["error"] < 0.14


def test_functions_are_their_formulas():
    x = np.linspace(-1.5, 1.5, 20)
    X = generated.normal_columns(3, np.random.default_rng(0))
    X.iloc[1] = x
    expected = np.sin(3 * x[0]) * x[1] + abs(x[2]) + (x[3] if x[4] > 0 else 0) + 0.3 * x[5] ** 2
    assert generated.interactions(X)[1] == pytest.approx(expected)
    smooth = [np.sin(2 * x[0]), np.cos(x[1] - x[2]), 2 * np.tanh(x[3]) * np.tanh(x[4])]
    smooth += [2 * np.exp(-(x[5] ** 2)) * np.sin(x[6]), np.log(1 + x[7] ** 2), np.sin(x[8]) * np.cos(x[9])]
    assert generated.waves(X)[1] == pytest.approx(sum(smooth))


def test_columns_have_the_documented_distributions():
    n = 20_000
    draw = {name: family.draw(n, np.random.default_rng(0)) for name, family in generated.FAMILIES.items()}
    assert draw["interactions"].std().to_numpy() == pytest.approx(np.ones(20), abs=0.03)
    frequencies = draw["steps"]["c0"].value_counts(normalize=True, sort=False)
    assert frequencies.to_numpy() == pytest.approx(np.array([12, 6, 4, 3]) / 25, abs=0.02)
    assert [draw["steps"][f"c{j}"].nunique() for j in range(3)] == [4, 12, 40]
    ranks = draw["waves"].rank().corr()  # rank correlations determine the correlation of a t distribution as well
    assert 2 * np.sin(np.pi * ranks["x3"].iloc[[4, 6]] / 6).to_numpy() == pytest.approx([0.6, 0.216], abs=0.03)
    assert 0.01 < (draw["waves"]["x9"].abs() > 3.747).mean() < 0.03  # 0.02 for t, and 0.0002 for normal columns


def test_steps_are_piecewise_constant():
    X = generated.uniform_columns_and_categories(2000, np.random.default_rng(0))
    moved = X.copy()
    numbers = [name for name in X if name.startswith("x")]
    moved[numbers] += 1e-9
    assert np.array_equal(generated.steps(X), generated.steps(moved))
    assert len(np.unique(generated.steps(X))) > 100
