"""The core is held to more than its users are: nothing overflows, divides by zero or turns into NaN in silence."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def strict_errors():
    """Every floating-point accident in a test of the core is an error."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield
