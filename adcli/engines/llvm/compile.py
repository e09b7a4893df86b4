"""From the text of a module to functions that can be called; the last ones are kept."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from adcli.engines.llvm.code import Code
from adcli.engines.llvm.machine import Machine, load_llvm
from adcli.engines.prepared import prepared

ATTRIBUTES = """\
attributes #0 = { nounwind "stackrealign" "prefer-vector-width"="512" \
"min-legal-vector-width"="512" }"""
"""The attributes `#0` of every function of vectors. A vector that is put aside for a call must not
lie across two cache lines: on a stack that is not aligned it does in three processes of four, which
are a third slower."""

KEPT_MODULES = 32
"""Modules that stay compiled after their last use; each takes about 1.3 MiB of memory."""


@dataclass
class Compiled:
    """Machine code: `function(name)` is callable while this object lives."""

    seconds: float
    engine: Any = field(repr=False)

    def function(self, name: str, result: Any, arguments: Sequence[Any]) -> Any:
        """A function by its name, as a ctypes function, which runs without Python's lock."""
        return ctypes.CFUNCTYPE(result, *arguments)(self.engine.get_function_address(name))


def assemble(functions: Iterable[str], codes: Iterable[Code]) -> tuple[str, frozenset[str]]:
    """The text of a module, and the symbols of libraries that it calls."""
    declarations: dict[str, str] = {}
    symbols: set[str] = set()
    for code in codes:
        declarations.update(code.declarations)
        symbols |= code.symbols
    return "\n".join([*declarations.values(), *functions, ATTRIBUTES]), frozenset(symbols)


def compile_module(text: str, symbols: frozenset[str], machine: Machine) -> Compiled:
    """The machine code of a module."""
    addresses = tuple([(symbol, machine.address(symbol)) for symbol in sorted(symbols)])
    key, target = (text, addresses), (machine.triple, machine.cpu, machine.features)
    return prepared(machine, key, lambda: _compile(text, addresses, target), KEPT_MODULES)


def _compile(
    text: str, addresses: tuple[tuple[str, int], ...], target: tuple[str, str, str]
) -> Compiled:
    begin = perf_counter()
    binding: Any = load_llvm()
    for symbol, address in addresses:
        binding.add_symbol(symbol, address)
    triple, cpu, features = target
    target_machine = binding.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features, opt=2
    )
    module = binding.parse_assembly(text)
    module.triple = triple
    engine = binding.create_mcjit_compiler(module, target_machine)
    engine.finalize_object()
    return Compiled(perf_counter() - begin, engine)
