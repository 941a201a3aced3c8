"""The machine that something was measured on."""

import os
import platform
from pathlib import Path

import torch
from threadpoolctl import threadpool_info


def cpu() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def machine() -> dict[str, object]:
    try:
        import numba
    except ImportError:
        compiler = "none"
    else:
        compiler = numba.__version__
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "threads": max(torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numba": compiler,
    }
