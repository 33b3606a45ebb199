"""Circles, lines and heat maps against the weights."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import neural_network

from skscratch import compat
from skscratch.displays import NetworkDisplay


def test_edges_are_the_weights(model):
    display = NetworkDisplay.from_estimator(model, member=1, name="second")
    assert [len(nodes.get_offsets()) for nodes in display.nodes_] == [4, 4, 5, 3]
    largest = max(np.abs(W[1]).max() for W in model.coefs_)
    assert_allclose(display.colorbar_.mappable.get_clim(), [-largest, largest])
    for i, (W, edges) in enumerate(zip(model.coefs_, display.edges_, strict=True)):
        left, right = display.nodes_[i].get_offsets(), display.nodes_[i + 1].get_offsets()
        weights = iter(zip(edges.get_segments(), edges.get_colors(), edges.get_linewidths(), strict=True))
        for a, from_ in enumerate(left):
            for b, to in enumerate(right):
                segment, (red, _, blue, alpha), width = next(weights)
                assert_array_equal(segment, [from_, to])
                w = W[1, a, b] / largest
                assert red > blue if w > 0 else blue > red
                assert_allclose([alpha, width], [abs(w), 0.5 + 2 * abs(w)], atol=0.01)


def test_wide_networks_are_heat_maps(model, build):
    display = build("heat_maps").plot()
    assert display.edges_ == [] and [image.get_array().shape for image in display.images_] == [(8, 40), (40, 3)]
    for image, W in zip(display.images_, display.weights, strict=True):
        assert_array_equal(image.get_array(), W)
    assert len({image.get_clim() for image in display.images_}) == 1
    ours = NetworkDisplay.from_estimator(model, kind="heatmap")
    assert [image.get_array().tolist() for image in ours.images_] == [W[0].tolist() for W in model.coefs_]
    assert NetworkDisplay([np.zeros((2, 17))]).plot(kind="graph").images_ == []


def test_wrong_networks(model, build):
    with pytest.raises(ValueError, match=r"member must be an integer from 0 to 2, got 3\.$"):
        NetworkDisplay.from_estimator(model, member=3)
    with pytest.raises(ValueError, match="kind must be 'auto', 'graph' or 'heatmap', got 'tree'"):
        build("graph").plot(kind="tree")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("Estimator", [neural_network.MLPClassifier, compat.MLPClassifier])
def test_estimators_with_scikit_learn_s_attributes(Estimator, X, y):
    model = Estimator([5], max_iter=4, random_state=0).fit(X, y)
    first, second = NetworkDisplay.from_estimator(model).edges_
    assert [len(lines.get_segments()) for lines in (first, second)] == [4 * 5, 5 * 3]
