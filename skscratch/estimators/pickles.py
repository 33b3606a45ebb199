"""The version of this package in pickles and copies of estimators; scikit-learn stores only its own."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from skscratch._version import __version__
from skscratch.exceptions import VersionWarning


class StoresVersion:
    """Base class: estimators whose pickles contain the version that wrote them, and that warn of another."""

    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        return {**state, "_skscratch_version": __version__}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Set the attributes; a pickle without a version was written before versions were stored."""
        attributes = dict(state)
        written_by = attributes.pop("_skscratch_version", __version__)
        if written_by != __version__:
            warnings.warn(
                f"The pickle of this {type(self).__name__} should be read by skscratch {written_by}, which wrote it, "
                f"but this is {__version__}, which may predict other numbers: fit the model again, or save it with "
                "skscratch.save, whose files later versions read.",
                VersionWarning,
                stacklevel=2,
            )
        super().__setstate__(attributes)  # type: ignore[misc]
