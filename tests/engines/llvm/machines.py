"""Machines to compile for: the host, and what older ones are like."""

from __future__ import annotations

from dataclasses import replace

from adcli.engines.llvm.machine import Machine, host


def without(machine: Machine, *, avx: bool = True, vector_math: bool = True) -> Machine:
    """The machine as if it had no AVX, or no vector library: what older ones are like."""
    if avx:
        kept = machine.vector_math and vector_math
        return replace(machine, vector_math=kept, _addresses={})
    isa = "b" if machine.isa else ""
    return Machine(2, isa, machine.triple, "x86-64" if isa else "generic", "", False, vector_math)


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
