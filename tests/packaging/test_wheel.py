"""What the repository holds and what an installed adcli finds, whichever way it was installed.

Nothing is fetched: builds use the backend of this environment, and installed copies borrow its
dependencies.
"""

import json
import os
import shlex
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GRAMMAR_FILES = {"expression.lark", "expression.json"}
WAYS = ["checkout", "sdist", "editable"]


def run(*command, cwd):
    """The standard output of `command`, which must succeed with nothing on standard error."""
    result = run_loosely(*command, cwd=cwd)
    assert result.stderr == ""
    return result.stdout


def run_loosely(*command, cwd):
    """`command` run from the folder `cwd`, where neither a path nor a terminal helps it."""
    lent = {"PYTHONPATH", "PYTHONHOME", "COLUMNS", "FORCE_COLOR"}
    environment = {key: value for key, value in os.environ.items() if key not in lent}
    result = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result


@dataclass(frozen=True)
class Installed:
    """An environment of its own with adcli in it."""

    way: str
    python: Path
    command: Path
    packages: Path


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """A folder with what each way of installing needs; the checkout itself stays as it is."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation"]
    # Without --wheel the wheel is made from the sdist.
    run_loosely(*build, "--outdir", folder / "sdist", ROOT, cwd=folder)
    run_loosely(*build, "--wheel", "--outdir", folder / "checkout", ROOT, cwd=folder)
    (folder / "editable").mkdir()
    hook = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"
    run_loosely(sys.executable, "-c", hook, folder / "editable", cwd=ROOT)
    return folder


@pytest.fixture(scope="module", params=WAYS)
def installed(request, dist, tmp_path_factory):
    environment = tmp_path_factory.mktemp("environment") / "venv"
    builder = venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt")
    builder.create(environment)
    context = builder.ensure_directories(environment)
    base = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", base))
    (wheel,) = (dist / request.param).glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", context.env_exe]
    run_loosely(*pip, "install", "--no-deps", "--no-index", wheel, cwd=dist)
    # Read after the environment's own packages, so that adcli is never found there.
    borrowed = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "zz_borrowed.pth").write_text("\n".join(borrowed) + "\n", "utf-8")
    return Installed(
        way=request.param,
        python=Path(context.env_exe),
        command=Path(context.bin_path) / "adcli",
        packages=packages,
    )


def test_grammar_is_found_where_it_was_installed(installed, tmp_path):
    code = "from adcli.language.grammar import grammar_path; print(grammar_path('expression'))"
    grammar = Path(run(installed.python, "-c", code, cwd=tmp_path).strip())
    home = ROOT if installed.way == "editable" else installed.packages / "adcli"
    assert grammar.resolve() == (home / "grammars" / "expression.lark").resolve()
    assert {path.name for path in grammar.parent.iterdir()} >= GRAMMAR_FILES
    assert grammar.read_bytes() == (ROOT / "grammars" / "expression.lark").read_bytes()


def test_module_runs_from_another_folder(installed, tmp_path):
    command = [installed.python, "-m", "adcli", "eval", "x^2", "--at", "x=3", "--format", "json"]
    assert json.loads(run(*command, cwd=tmp_path))["value"] == 9.0


def test_command_prints_what_the_readme_says(installed, tmp_path):
    blocks = (ROOT / "README.md").read_text("utf-8").split("```")[1::2]
    setup, expected = (block.partition("\n")[2] for block in blocks[:2])
    _, program, *arguments = shlex.split(setup.partition("&&")[0] + setup.partition("&&")[2])[2:]
    assert program == "adcli"
    assert run(installed.command, *arguments, cwd=tmp_path) == expected


@pytest.mark.parametrize("way", ["checkout", "sdist"])
def test_wheel_holds_the_package_and_nothing_else(dist, way):
    (wheel,) = (dist / way).glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    version = wheel.name.split("-")[1]
    assert {name.split("/")[0] for name in names} == {"adcli", f"adcli-{version}.dist-info"}
    grammars = {name for name in names if name.startswith("adcli/grammars/")}
    assert grammars == {f"adcli/grammars/{name}" for name in GRAMMAR_FILES}
    assert {"adcli/report/page/page.css", "adcli/report/page/lesson.js"} <= set(names)
    assert f"adcli-{version}.dist-info/licenses/LICENSE" in names


def test_sdist_holds_what_tests_and_builds_need(dist):
    (sdist,) = (dist / "sdist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = {"pyproject.toml", "README.md", "LICENSE", "adcli/__init__.py", "tests/conftest.py"}
    assert names >= expected | {f"grammars/{name}" for name in GRAMMAR_FILES}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_top_level_of_the_repository():
    names = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    top = {name.split("/")[0] for name in names if name}
    folders = {"adcli", "grammars", "tests", "examples"}
    files = {"pyproject.toml", "README.md", "LICENSE"}
    assert {name for name in top if not name.startswith(".")} == folders | files
