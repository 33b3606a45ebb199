"""Fits that are killed by SIGKILL: ``KILLS=50 pytest -n 0 -s tests/persistence/test_kills.py`` kills fifty."""

import os
import sys

import kills
import pytest

pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
KILLS = int(os.environ.get("KILLS", "5"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_fit_is_resumed():
    epochs = kills.kill(KILLS, max_iter=8 if KILLS == 5 else 30, seed=0)
    print(f"killed {len(epochs)} fits, of which {epochs.count(0)} had no checkpoint yet")
    assert len(epochs) == KILLS and any(epochs)
