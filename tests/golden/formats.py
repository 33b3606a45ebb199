"""Files of `skscratch.save` and of a checkpoint, in a folder for each format: they are written once and never again.

Later versions must load them. `python tests/golden/formats.py` writes the files of a new format number, and refuses to
write over files that exist.
"""

import json
import warnings
from pathlib import Path

import sklearn
from configurations import CONFIGURATIONS, fit, predictions
from sklearn.exceptions import ConvergenceWarning

import skscratch
from skscratch.callbacks import Checkpoint
from skscratch.persistence.archive import VERSION

NAMES = ("classifier_frame_float32", "classifier_multilabel_rmsprop", "regressor_sparse_lbfgs")
FOLDERS = sorted(Path(__file__).parent.glob("format_*"))


def write(folder):
    """Write saved models and checkpoints of the fourth of six epochs, and what the estimators in them predict."""
    folder.mkdir()
    for name in NAMES:
        skscratch.save(fit(CONFIGURATIONS[name]), folder / f"{name}.skscratch")
        rows, estimator = CONFIGURATIONS[name].rows(), sklearn.clone(CONFIGURATIONS[name].estimator)
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            checkpoint = Checkpoint(folder / f"{name}.checkpoint", every=4)
            estimator.set_callbacks(checkpoint).fit(rows.X, rows.y, **rows.fit_arguments)
    content = {file.name: predictions(skscratch.load(file), _rows(file).X) for file in sorted(folder.iterdir())}
    (folder / "predictions.json").write_text(json.dumps(content) + "\n")


def _rows(file):
    return CONFIGURATIONS[file.stem].rows()


if __name__ == "__main__":
    write(Path(__file__).parent / f"format_{VERSION}")
