"""Plots of a fit, in scikit-learn's convention for displays.

A class method (`from_estimator`, `from_predictions`) collects the numbers and draws them, and `plot` draws them again
on other axes. The axes, the figure and the artists are the attributes `ax_` or `axes_`, `figure_`, `lines_`, ... The
numbers can also be passed to the constructor. Matplotlib is imported when something is drawn.

>>> from sklearn.datasets import load_iris
>>> from skscratch import ScratchMLPClassifier
>>> from skscratch.displays import LossCurveDisplay
>>> model = ScratchMLPClassifier(max_iter=8, random_state=0).fit(*load_iris(return_X_y=True))
>>> display = LossCurveDisplay.from_estimator(model)
>>> display.ax_.get_xlabel(), display.ax_.get_ylabel()
('epoch', 'log loss (nats)')
"""

from skscratch.displays.function import FunctionDisplay
from skscratch.displays.gradient_flow import GradientFlowDisplay, GradientRecorder
from skscratch.displays.grid import GridDisplay
from skscratch.displays.importances import ImportanceDisplay
from skscratch.displays.intervals import IntervalDisplay
from skscratch.displays.loss_curve import LossCurveDisplay
from skscratch.displays.network import NetworkDisplay

__all__ = [
    "FunctionDisplay",
    "GradientFlowDisplay",
    "GradientRecorder",
    "GridDisplay",
    "ImportanceDisplay",
    "IntervalDisplay",
    "LossCurveDisplay",
    "NetworkDisplay",
]
