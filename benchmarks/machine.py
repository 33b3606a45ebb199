"""What the numbers of a benchmark depend on."""

import platform
from pathlib import Path

import numpy as np
import sklearn
from threadpoolctl import threadpool_info

from skscratch import __version__


def machine() -> dict[str, str]:
    """Processor, versions and BLAS threads, by name."""
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
