"""The pages of descents, trainings and fits in a browser: what they show, what the player does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.terminal import run_here, words

ROSENBROCK = "adcli descend '(1 - x)^2 + 100(y - x^2)^2' --start x=-1.2,y=1"
ONE = "adcli descend 'x^4 - 3x^2 + x' --start x=2 --rate 0.03"
TEN = "adcli descend 'sum((v - range(10))^2*(1 + range(10)))' --start v=[1,1,1,1,1,1,1,1,1,1]"
TRAIN = (
    "adcli descend 'mean((y - (a*x + b))^2)' --data rows.csv --start a=0,b=0 --epochs 9"
    " --batch-size 4 --validation 0.25 --rate 0.1 --schedule cosine --schedule-every 20"
)
LONG = "long" * 40
RUNS = {
    "path": ROSENBROCK,
    "long": f"{ROSENBROCK} --rate 0.001",
    "curve": ONE,
    "pole": "adcli descend '1/x + x' --start x=3 --method newton",
    "ten": TEN,
    "many": "adcli descend 'sum(v^2)' --start random:1 --shape v=1200",
    "diverged": "adcli descend 'x^2 + 3y^2' --start x=4,y=2 --rate 0.4",
    "overflow": "adcli descend 'exp(x^2)' --start x=2 --rate 1",
    "flat": "adcli descend 'x - x + 3' --start x=1",
    "bounds": "adcli descend 'x*exp(-x)*y' --start x=3,y=2 --bounds y=0:5 --maximize",
    "tiny": "adcli descend 'x^2 + y^2' --start x=1e-200,y=1e-190",
    "tiny cg": "adcli descend 'x^2 + 2y^2' --start x=1e-170,y=1e-160 --method cg",
    "long names": f"adcli descend '{LONG}^2 + y^2 + z^2' --start {LONG}=1,y=2,z=3",
    "starts": "adcli descend 'sin(3x) + x^2/10' --start x=4 --starts 5",
    "data": "adcli descend 'mean((y - (a*x + b))^2)' --data rows.csv --start a=0,b=0",
    "levels": "adcli descend 'mean((y - a[codes(g)])^2)' --data rows.csv --start a=0",
    "training": TRAIN,
    "trained at once": f"{TRAIN} --max-iterations 1",
    "spoilt": TRAIN.replace("0.1", "1e9"),
}
FITS = {
    "line": "adcli fit 'y ~ a*x + b' --data rows.csv --start a=auto,b=auto",
    "groups": "adcli fit 'y ~ a*x + b[codes(g)]' --data rows.csv --start a=1,b=0",
    "levels": "adcli fit 'sqrt(y) ~ b[codes(g)]' --data rows.csv --start b=auto",
    "two": "adcli fit 'y ~ a*x + b*z + c' --data rows.csv --start a=0,b=0,c=0 --weights 1/x",
    "sigma": "adcli fit 'y ~ a*x + b' --data rows.csv --start a=1,b=0 --sigma x --absolute-sigma",
    "robust": "adcli fit 'y ~ a*x + b' --data rows.csv --start a=1,b=0 --loss huber",
    "pole": "adcli fit 'y ~ a + b/(x - 3.5)' --data rows.csv --start a=1,b=0",
    "edge": "adcli fit 'y ~ a*sqrt(x - 1) + 1' --data rows.csv --start a=1",
    "perfect": "adcli fit 'x ~ a*x' --data rows.csv --start a=0.5",
    "as many": "adcli fit 'y ~ a*x + b' --data rows.csv --where 'x < 3' --start a=1,b=0",
    "loose": "adcli fit 'y ~ (a + b)*x' --data rows.csv --start a=1,b=0",
    "mean": "adcli fit 'y ~ m' --data rows.csv --start m=0",
    "all rows": "adcli fit 'y ~ a*(x - mean(x)) + b' --data rows.csv --start a=1,b=0",
    "matrix": "adcli fit 'y ~ v[g2] + sum(w*[1, 2])' --data rows.csv --start v=[0,0] --fix w=[0,0]",
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The page that a command writes to a file, in a folder with rows."""
    monkeypatch.chdir(tmp_path)
    rows = [
        f"{x},{2 * x + 1 + (x * 7 % 3) / 5},{x * x % 5},{('north', 'south')[x % 2]},{x % 2}"
        for x in range(1, 13)
    ]
    Path("rows.csv").write_text("x,y,z,g,g2\n" + "\n".join(rows) + "\n")

    def written(command: str) -> str:
        outcome = run_here([*words(command), "-o", "run.html"])
        assert outcome.stdout == ""
        assert outcome.code in (0, 3, 4, 5), outcome.stderr
        return Path("run.html").read_text()

    return written


def figures(page: Any) -> dict[str, str]:
    """What the head of a page says."""
    names = page.locator("header dt").all_text_contents()
    return dict(zip(names, page.locator("header dd").all_text_contents(), strict=True))


def now(page: Any) -> dict[str, str]:
    """What is told of the step that is shown."""
    names = page.locator("#now dt").all_text_contents()
    return dict(zip(names, page.locator("#now dd").all_text_contents(), strict=True))


def walked(page: Any, chart: str) -> int:
    """How many points of a line the player has gone along."""
    points = page.locator(f".chart-{chart} .walked").first.get_attribute("points")
    return len(points.split()) // 2


@pytest.mark.parametrize("command", [*RUNS.values(), *FITS.values()], ids=[*RUNS, *FITS])
def test_a_page_fits_its_window(opened: Any, written: Any, command: str) -> None:
    text = written(command)
    assert len(text.encode()) < 300_000
    assert not re.search(r'="[^"]*\b(nan|inf)\b', text)
    page = opened(text)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Home")


@pytest.mark.parametrize("name", ["path", "curve", "ten", "diverged", "bounds", "training"])
def test_the_numbers_are_those_of_the_result(opened: Any, written: Any, name: str) -> None:
    command = f"{RUNS[name]} --digits 17"
    record = json.loads(run_here([*words(RUNS[name]), "--format", "json"]).stdout)
    shown = figures(opened(written(command)))
    fields = ["iterations", "evaluations", "value", "gradient norm", "training loss"]
    fields += ["validation loss", "best epoch", "epochs", "rows"]
    for field in fields:
        key = field.replace(" ", "_")
        assert (field in shown) == (key in record) or (name, field) == ("training", "value")
        if field in shown:
            assert float(shown[field].replace(",", "")) == record[key], field


def test_the_player_walks_along_all_lines(opened: Any, written: Any) -> None:
    page = opened(written(ROSENBROCK))
    rows = page.locator("#run-table tr[data-step]")
    last = rows.count()
    assert [walked(page, chart) for chart in ("path", "value", "norm")] == [last] * 3
    page.keyboard.press("Home")
    assert [walked(page, chart) for chart in ("path", "value", "norm")] == [1] * 3
    assert now(page)["iteration"] == "0"
    assert now(page)["x"] == "-1.2"
    page.get_by_role("button", name="Next").click()
    assert page.locator("tr.lit th").all_text_contents() == ["1"]
    assert page.locator("#announcement").text_content().startswith("step 2 of 39. iteration 1, ")
    rows.nth(4).click()
    assert now(page)["iteration"] == "4"
    assert page.locator("#place").text_content() == f"step 5 of {last}"
    page.locator(".chart-norm .ground").click(position={"x": 1, "y": 1})
    assert now(page)["iteration"] == "0"


@pytest.mark.parametrize(
    ("name", "dots"),
    [("path", ["start", "best"]), ("starts", ["start", "best", "ends of other starts"])],
)
def test_the_legend_of_the_points(written: Any, name: str, dots: list[str]) -> None:
    text = written(RUNS[name])
    assert re.findall(r'class="key dot \w+" aria-hidden="true"></span>([^<]*)', text) == dots


def test_playing_goes_to_the_end(opened: Any, written: Any) -> None:
    page = opened(written(ONE), reduced_motion="reduce")
    page.clock.install()
    page.keyboard.press(" ")
    page.clock.run_for(900)
    assert walked(page, "path") == 3
    page.clock.run_for(60_000)
    assert now(page)["iteration"] == figures(page)["iterations"]
    assert page.locator("#play").text_content() == "Play"


def test_the_arrow_is_perpendicular_to_the_contours(written: Any) -> None:
    """That of x^2 + 4y^2 at (2, 1) points along (-4, -8); on the screen up is negative."""
    text = written("adcli descend 'x^2 + 4y^2' --start x=2,y=1 --rate 0.05")
    u, v = map(float, re.search(r'data-arrows="(\S+) (\S+) ', text).groups())
    assert v == pytest.approx(-2 * u, rel=0.01)


def test_all_is_said_without_seeing_it(opened: Any, written: Any) -> None:
    page = opened(written(TRAIN))
    pictures = page.locator("[role=img]").all()
    assert len(pictures) == 2
    for picture in pictures:
        assert picture.locator("title").text_content()
        assert re.search(r"from [\d.]+ to [\d.]+", picture.locator("desc").text_content())
    assert page.locator("table caption").all_text_contents()[0] == "Epochs"
    names = []
    for _ in range(6):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent")
        )
    assert names == ["Back", "Play", "step", "speed", "Epochs", "Epochs"]


@pytest.mark.parametrize("name", ["</script><img src=x onerror=alert(1)>", "<!--", "\"'><svg>"])
def test_names_are_harmless(opened: Any, written: Any, name: str) -> None:
    quoted = name.replace("'", "'\\''")
    page = opened(written(f"adcli descend '`{quoted}`^2 + y^2' --start '`{quoted}`=1,y=2'"))
    assert page.locator("img:not([role]), script").count() == 1
    assert name in page.locator("h1").text_content()
    assert name in now(page)
    assert name in page.locator(".chart-path desc").text_content()


def test_columns_and_levels_are_harmless(opened: Any, written: Any) -> None:
    bad = "<img src=x onerror=alert(1)>"
    rows = "".join(f"{x},{x * x % 7},{bad if x % 2 else '</script>'}\n" for x in range(12))
    Path("rows.csv").write_text(f"{bad},y,</style>\n{rows}")
    model = f"y ~ a*`{bad}` + b[codes(`</style>`)]"
    page = opened(written(f"adcli fit '{model}' --data rows.csv --start a=1,b=0"))
    assert page.locator("img, script").count() == 1
    assert page.locator(".chart-data .legend li").all_text_contents()[:2] == ["</script>", bad]


def test_light_dark_and_paper(opened: Any, written: Any) -> None:
    text, colours = written(TEN), set()
    for scheme in ("light", "dark"):
        page = opened(text, color_scheme=scheme)
        colours.add(page.locator(".walked").first.evaluate("line => getComputedStyle(line).stroke"))
    assert len(colours) == 2
    page.emulate_media(media="print")
    assert page.locator(".panel:visible").count() == 4
    assert page.locator(".trail:visible").count() == 8
    assert not page.locator(".moves").is_visible()


def test_without_script_all_is_there(opened: Any, written: Any) -> None:
    page = opened(written(ONE), java_script_enabled=False)
    assert page.locator(".moves").is_hidden()
    assert page.locator(".panel:visible").count() == 4
    assert page.locator(".trail:visible").count() == 3


def test_the_first_steps_are_written_out(opened: Any, written: Any) -> None:
    page = opened(written("adcli descend 'x^2' --start x=3 --rate 0.25"))
    page.get_by_role("tab", name="First steps").click()
    shown = page.locator(".panel:visible")
    assert shown.locator("h3").nth(1).text_content() == "step 1: f goes from 9 to 2.25"
    assert shown.locator(".equation").nth(1).text_content() == "x ← 3 - 0.25·6 = 1.5"


def settings(page: Any) -> list[list[str]]:
    """What stands in the tab of the settings, row by row."""
    page.get_by_role("tab", name="Settings").click()
    rows = page.locator(".panel:visible tbody tr").all()
    return [row.locator("th, td").all_text_contents() for row in rows]


def test_the_settings_are_listed(opened: Any, written: Any) -> None:
    told = settings(opened(written(RUNS["bounds"])))
    assert told[1:] == [["--start", "x=3,y=2"], ["--bounds", "y=0:5"], ["--maximize", ""]]


def test_a_setting_that_is_text_stays_as_it_was_typed(opened: Any, written: Any) -> None:
    told = settings(opened(written(f"{FITS['line']} --where 'x > -1.0' --confidence 0.9")))
    assert ["--where", "x > -1.0"] in told
    assert ["--confidence", "0.9"] in told


def test_a_fit_has_the_numbers_of_its_report(opened: Any, written: Any) -> None:
    page = opened(written(f"{FITS['two']} --digits 17"))
    record = json.loads(run_here([*words(FITS["two"]), "--format", "json"]).stdout)
    shown = figures(page)
    assert float(shown["R²"]) == record["r_squared"]
    assert float(shown["residual standard deviation"]) == record["residual_standard_deviation"]
    assert float(shown["residual sum of squares"]) == record["rss"]
    for name, parameter in record["parameters"].items():
        row = page.locator("tr", has=page.get_by_role("rowheader", name=name, exact=True)).first
        cells = row.locator("td").all_text_contents()
        numbers = [parameter["value"], parameter["standard_error"]]
        assert list(map(float, cells[:2])) == numbers
        assert list(map(float, cells[3:])) == parameter["confidence_interval"]


@pytest.mark.parametrize(
    ("name", "titles", "legend"),
    [
        (
            "line",
            ["Data and fit", "The residuals against x"],
            ["data", "fit", "95% confidence band"],
        ),
        ("groups", ["Data and fit", "The residuals against x"], ["north", "south"]),
        ("levels", ["Data and fit", "The residuals against fitted sqrt(y)"], ["fitted value"]),
        ("two", ["Observed against fitted", "The weighted residuals against fitted y"], ["data"]),
        ("sigma", ["Data and fit", "The weighted residuals against x"], ["standard deviation"]),
    ],
)
def test_the_pictures_of_a_fit(
    opened: Any, written: Any, name: str, titles: list[str], legend: list[str]
) -> None:
    page = opened(written(FITS[name]))
    assert page.locator(".chart-title").all_text_contents()[:2] == titles
    told = page.locator(".chart-data .legend li").all_text_contents()
    assert set(legend) <= set(told)
    for picture in page.locator("[role=img]").all():
        assert picture.locator("title").text_content()
        assert picture.locator("desc").text_content()


def test_many_rows_are_thinned(opened: Any, written: Any) -> None:
    Path("rows.csv").unlink()
    many = "\n".join(f"{x},{x % 7},{x % 3}" for x in range(30_000))
    Path("rows.csv").write_text(f"x,y,z\n{many}\n")
    text = written(FITS["two"].replace("1/x", "1"))
    assert len(text) < 200_000
    assert "One row of 25 is drawn, of 30,000." in text
    assert "and 29,900 more rows" in text


def test_a_page_is_no_prediction(written: Any) -> None:
    command = f"{FITS['line']} --format html --predict rows.csv"
    outcome = run_here(words(command))
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "--format html is the report of a fit" in outcome.stderr


def test_standard_output_has_the_page_alone() -> None:
    outcome = run_here([*words(ONE), "--format", "html", "--plot"])
    assert outcome.stdout.startswith("<!DOCTYPE html>")
    assert outcome.stdout.endswith("</html>\n")
    assert "gradient norm" in outcome.stderr


def test_the_outline_of_a_circle() -> None:
    from adcli.report.page.level_lines import below

    ticks = np.linspace(-2, 2, 81)
    heights = np.hypot(ticks[None, :], ticks[:, None])
    (outline,) = below(ticks, ticks, heights, 1.0)
    assert np.hypot(*outline.T) == pytest.approx(np.ones(len(outline)), abs=1e-3)
    ring = below(ticks, ticks, np.abs(heights - 1), 0.5)
    assert len(ring) == 2
    assert below(ticks, ticks, np.full_like(heights, np.nan), 1.0) == []
    (square,) = below(ticks, ticks, np.zeros_like(heights), 1.0)
    assert (np.abs(square).max(axis=0) == 2.0).all()


@pytest.mark.parametrize(
    ("numbers", "first", "last"),
    [
        ([0.0, 1.0], "0", "1"),
        ([1e-12, 3.0], "10⁻¹²", "1"),
        ([1e-300, 1e300], "10⁻²⁰⁰", "10²⁰⁰"),
        ([-1e308, 1e308], "-4e+307", "4e+307"),
        ([5e-324, 1e-320], "10⁻³²³", "10⁻³²⁰"),
        ([7.0], "6.5", "7.5"),
        ([0.0], "-1", "1"),
        ([1e16, 1e16 + 4], "9e+15", "1.1e+16"),
        ([20.0, 3000.0], "20", "2000"),
        ([-30_000.0, 50_000.0], "-20,000", "40,000"),
        ([], "0", "1"),
    ],
)
def test_the_numbers_of_an_axis(numbers: list[float], first: str, last: str) -> None:
    from adcli.report.page.scales import fitting

    scale = fitting(np.array(numbers))
    ticks = scale.ticks(6)
    assert (ticks[0][1], ticks[-1][1]) == (first, last)
    assert len(ticks) <= 9
    parts = scale.parts([x for x, _ in ticks])
    assert ((parts >= 0) & (parts <= 1)).all()
    assert (np.diff(parts) > 0).all()
