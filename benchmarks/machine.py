"""The facts about the machine and the installed versions, on which the numbers of a benchmark depend."""

import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import sklearn
from threadpoolctl import threadpool_info

from skscratch import __version__


def machine() -> dict[str, str]:
    """Return the processor, the versions and the number of BLAS threads, by name."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    blas = [info for info in threadpool_info() if info["user_api"] == "blas"]
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "skscratch": __version__,
        "blas": "; ".join(sorted({f"{i['internal_api']} {i['version']}, {i['num_threads']} thread" for i in blas})),
    }


def print_facts(facts: Mapping[str, str]) -> None:
    """Print a line for each fact, and an empty line."""
    print("\n".join(f"{name}: {value}" for name, value in facts.items()), end="\n\n")
