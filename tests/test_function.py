"""The Python API: names, points, results, many points."""

from __future__ import annotations

import importlib

import adcli


def test_the_function_is_not_hidden_by_the_module_of_its_name() -> None:
    module = importlib.import_module("adcli.function")
    assert adcli.function is module.function
    assert adcli.function("x + 1").value({"x": 1.0}) == 2.0
