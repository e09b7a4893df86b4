"""What a run stands on: versions of adcli and of the libraries that compute, and the machine."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from adcli import __version__
from adcli.engines.choose import has_llvmlite
from adcli.engines.threads import available_cores
from adcli.errors import UsageError

LIBRARIES = ("numpy", "scipy", "llvmlite", "polars", "mpmath")


def versions() -> dict[str, str | None]:
    """Versions by name; None for a library that is not installed."""
    found: dict[str, str | None] = {"adcli": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        found[name] = None
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return {**found, "blas": _blas(), "c library": " ".join(platform.libc_ver()).strip() or None}


def _blas() -> str | None:
    """The library that multiplies matrices, as NumPy was built with it."""
    import numpy as np

    parts: Any = np.show_config(mode="dicts")
    blas = parts.get("Build Dependencies", {}).get("blas", {})
    return " ".join(str(blas.get(name, "")) for name in ("name", "version")).strip() or None


def machine() -> dict[str, Any]:
    """The system, the processor, and the numbers in one of its vectors where code is compiled."""
    lanes = None
    if has_llvmlite():
        from adcli.engines.llvm.machine import host

        with suppress(UsageError):
            lanes = host().lanes
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "numbers in a vector": lanes,
        "cores": available_cores(),
        "threads of BLAS": _blas_threads(),
    }


def _blas_threads() -> int:
    """The threads that share a product of matrices: its sums depend on them in the last digits."""
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
    given = [os.environ.get(name, "") for name in names]
    return next((int(x) for x in given if x.isdecimal() and int(x)), available_cores())


def _processor() -> str:
    """The processor's name, as Linux tells it, or Python."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
