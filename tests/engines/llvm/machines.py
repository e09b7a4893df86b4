"""Machines to compile for: the host, and what older ones are like."""

from __future__ import annotations

from dataclasses import replace

from adcli.engines.llvm.machine import Machine, host, without


def machines() -> dict[str, Machine]:
    """This machine, with all it has, and with less and less of it."""
    full = host()
    found = {
        "host": full,
        "no vector math": without(full, vector_math=False),
        "no AVX": without(full, avx=False),
        "neither": without(full, avx=False, vector_math=False),
        "one lane": replace(without(full, vector_math=False), lanes=1),
    }
    if full.lanes == 8:
        found["AVX2"] = Machine(4, "d", full.triple, "haswell", "")
    return found


MACHINES = machines()
