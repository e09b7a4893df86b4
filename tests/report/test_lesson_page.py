"""The lesson in a browser: what is played, by which means, and that nothing else happens."""

from __future__ import annotations

import re
from typing import Any

import pytest

from adcli.cli.inputs import assignments
from adcli.function import function
from adcli.report.page.lesson import lesson_page
from adcli.report.traced import traced

BOOK, AT = "3*(x1^2 + x2*x3)", "x1=2,x2=3,x3=4"


def lesson(text: str = BOOK, at: str = AT, mode: str = "both", **options: Any) -> str:
    f = function(text)
    point = assignments((at,) if at else (), "--at", options.get("precision"))
    wrt = options.pop("wrt", f.variables)
    return lesson_page(f, traced(f, point, list(wrt), mode, "html", **options), 6)


def network(width: int = 3) -> tuple[str, str]:
    """A network with two hidden layers of tanh, 41 operations if they are 3 wide, and a point."""
    units, lines = ["x", "y"], []
    for layer in "gh":
        made = [f"{layer}{k}" for k in range(1, width + 1)]
        lines += [f"{name} = tanh({weighted(units, k)})" for k, name in enumerate(made)]
        units = made
    return "; ".join([*lines, f"({weighted(units, 1)} - z)^2"]), "x=0.5,y=-1,z=0.25"


def weighted(units: list[str], k: int) -> str:
    return " + ".join([f"{0.1 * ((3 * k + 5 * j) % 7 + 1):.1f}*{u}" for j, u in enumerate(units)])


def current(page: Any) -> str:
    """What the step that is shown says."""
    (step,) = page.locator("li.step:visible").all()
    return re.sub(r"\s+", " ", step.text_content())


def column(page: Any, header: str) -> list[str]:
    """The cells of the table that are filled in, a column by its header."""
    cells = page.locator("#steps-table tr[data-node] td:visible")
    return cells.evaluate_all(
        "(cells, header) => cells.filter((cell) => header === "
        "cell.closest('table').tHead.rows[0].cells[cell.cellIndex].textContent)"
        ".map((cell) => getComputedStyle(cell).visibility === 'hidden' ? '' : cell.textContent)",
        header,
    )


def test_the_textbook_example_by_buttons(opened: Any) -> None:
    page = opened(lesson())
    for _ in range(7):
        page.click("#next")
    assert current(page).endswith("w7 = 3*w6 = 3*16 = 48∂w7/∂w6 = 3")
    page.get_by_role("button", name="Backward pass").click()
    seen = []
    while page.locator("#next").is_enabled():
        page.click("#next")
        seen.append(current(page))
    equations = [re.search("w\u0304[0-9] = .*?(?=∂|$)", text) for text in seen]
    assert [found[0] for found in equations if found] == [
        "w̄7 = 1",
        "w̄6 = w̄7·3 = 1·3 = 3",
        "w̄5 = w̄6 = 3",
        "w̄3 = w̄5·w2 = 3·3 = 9",
        "w̄2 = w̄5·w3 = 3·4 = 12",
        "w̄4 = w̄6 = 3",
        "w̄1 = w̄4·(2*w1) = 3·(2*2) = 12",
    ]
    assert seen[-1] == "The gradient: ∂f/∂x1 = 12, ∂f/∂x2 = 12 and ∂f/∂x3 = 9."
    assert column(page, "adjoint") == ["12", "12", "9", "3", "3", "3", "1"]
    assert column(page, "value") == ["2", "3", "4", "4", "12", "16", "48"]


def place(page: Any) -> str:
    return page.locator("#place").text_content()


def test_the_keys(opened: Any) -> None:
    page = opened(lesson())
    assert place(page) == "step 1 of 9"
    for key, there in [
        ("ArrowRight", "step 2 of 9"),
        ("ArrowLeft", "step 1 of 9"),
        ("ArrowLeft", "step 1 of 9"),
        ("End", "step 9 of 9"),
        ("ArrowRight", "step 1 of 6"),
        ("Home", "step 1 of 6"),
    ]:
        page.keyboard.press(key)
        assert place(page) == there, key
    assert current(page).startswith("Forward mode")
    page.keyboard.press("ArrowLeft")
    assert current(page) == "The result: w7 = 48."


def test_the_keyboard_alone_is_enough(opened: Any) -> None:
    """Every control is reached by Tab, in the order of reading, and says what it is."""
    page = opened(lesson("x1*x2 + sin(x1)", "x1=2,x2=3"))
    names = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent")
        )
    assert names[:8] == [
        "Forward pass",
        "Forward mode",
        "Backward pass",
        "Play",
        "Next",
        "step",
        "speed",
        "graph",
    ]
    assert names[8].startswith("w1 = x1")
    assert names[9] == "Table"


def test_the_slider(opened: Any) -> None:
    page = opened(lesson())
    slider = page.locator("#slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert place(page) == "step 2 of 9"
    slider.fill("5")
    assert current(page).startswith("Computed from w2 and w3.w5 = w2*w3 = 3*4 = 12")
    assert slider.get_attribute("aria-valuetext") == "step 6 of 9"
    assert page.locator("#announcement").text_content().startswith("step 6 of 9. Computed from")


def test_playing(opened: Any) -> None:
    page = opened(lesson("x^2", "x=3", "reverse"), reduced_motion="reduce")
    page.select_option("#speed", "4")
    page.clock.install()
    page.keyboard.press(" ")
    assert page.locator("#play").text_content() == "Pause"
    page.clock.run_for(1100)
    assert place(page) == "step 3 of 4"
    page.clock.run_for(10_000)
    assert current(page) == "The gradient: df/dx = 6."
    assert page.locator("#play").text_content() == "Play"


def test_what_a_step_lights(opened: Any) -> None:
    page = opened(lesson("x1*x2 + sin(x1)", "x1=2,x2=3"))
    page.get_by_role("button", name="Backward pass").click()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert "w̄3·w2 + w̄4·cos(w1) = 1·3 + 1·cos(2) = 3 - 0.416147 = 2.58385" in current(page)
    assert "∂w3/∂w1 = w2 = 3∂w4/∂w1 = cos(w1) = -0.416147" in current(page)
    assert page.locator(".node.lit .name").all_text_contents() == ["w1 = x1"]
    assert page.locator(".line.lit .label").all_text_contents() == ["3", "-0.416147"]
    assert page.locator("tr.lit th").all_text_contents() == ["w1"]
    page.locator(".node").nth(3).hover()
    shown = page.locator("#inspected dd").all_text_contents()
    assert shown == ["w4", "sin(w1)", "0.909297", "-0.416147", "0", "1"]


def test_the_whole_of_a_large_graph(opened: Any) -> None:
    page = opened(lesson(*network()))
    box = page.locator(".graph")
    assert box.evaluate("box => box.scrollHeight > box.clientHeight")
    page.get_by_role("button", name="Whole graph").click()
    assert box.evaluate("box => box.scrollHeight <= box.clientHeight")


@pytest.mark.parametrize(
    "name", ["</script><img src=x onerror=alert(1)>", "<!--", "'\"><svg onload=alert(1)>"]
)
def test_names_are_harmless(opened: Any, name: str) -> None:
    page = opened(lesson(f"`{name}`^2 + x", f"`{name}`=3,x=1"), "<img src=x onerror=alert(1)>.html")
    assert page.locator("img, script, svg svg").count() == 1
    page.get_by_role("button", name="Backward pass").click()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.locator(".node").nth(0).hover()
    page.get_by_role("tab", name="Paths").click()
    assert name in page.locator("h1").text_content()


PROGRAMS = {
    "book": (BOOK, AT, {}),
    "network": (*network(), {}),
    "vectors": ("sum((A@x - b)^2)", "A=[[1,2],[3,4],[5,6]],x=[1,-1],b=[0,1,2]", {}),
    "long": ("; ".join([f"x = x + sin(x/{n})" for n in range(1, 300)]) + "; x^2", "x=0.1", {}),
    "seeds": ("sum(v^2)*prod(v)", f"v={[1.5] * 30}", {}),
    "several": ("x*y, x/y, x^y", "x=2,y=3", {"mode": "forward"}),
    "digits": ("exp(x)*10^500", "x=2", {"precision": 50}),
    "kink": ("abs(x) + max(x, y)", "x=0,y=0", {}),
    "infinite": ("min(exp(1000*x), x)", "x=1", {}),
    "constant": ("7", "", {}),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_too_wide(opened: Any, name: str) -> None:
    text, at, options = PROGRAMS[name]
    page = opened(lesson(text, at, **options))
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        for key in ("Home", "ArrowRight", "End", "ArrowRight"):
            page.keyboard.press(key)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, key
        if page.locator(".graph").count():
            scale = "one => one.getScreenCTM().a"
            assert page.locator(".graph svg").evaluate(scale) >= 0.79, "too small to be read"


def test_a_page_prints_one_frame_a_step(opened: Any) -> None:
    page = opened(lesson("x^2", "x=3", "reverse"), locale="en")  # a window that may be changed
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    frames = page.locator(".frames section")
    titles = frames.locator("h2").all_text_contents()
    assert titles[0] == "1 of 8 · Forward pass"
    assert titles[-1] == "8 of 8 · Backward pass"
    assert frames.nth(6).locator(".node.lit .derivative").text_content() == "w\u03041 = 6"
    assert not page.locator("main").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".frames").count() == 0
    assert page.pdf().count(b"/Type /Page\n") >= 2


CONTRAST = """() => {
  const style = getComputedStyle(document.documentElement);
  const light = (name) => {
    const sign = style.getPropertyValue(name).trim();
    const parts = [1, 3, 5].map((k) => parseInt(sign.slice(k, k + 2), 16) / 255);
    const linear = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const grounds = ["--paper", "--panel", "--lit", "--given"];
  const inks = ["--ink", "--value", "--tangent", "--adjoint"];
  const pairs = grounds.flatMap((ground) => inks.map((ink) => [ground, ink]));
  pairs.push(["--accent", "--on-accent"], ["--paper", "--quiet"], ["--panel", "--quiet"]);
  return pairs.map(([ground, ink]) => {
    const [a, b] = [light(ground), light(ink)];
    return [ground, ink, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  });
}"""
"""The contrast of each text with what it stands on: WCAG 2.2, 1.4.3."""


def test_dark_and_light(opened: Any) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        page = opened(lesson("x^2", "x=3"), color_scheme=scheme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        found = page.evaluate(CONTRAST)
        assert [pair for pair in found if pair[2] < 4.5] == [], scheme
    assert len(grounds) == 2


def test_without_script_all_is_there(opened: Any) -> None:
    page = opened(lesson(), java_script_enabled=False)
    assert page.locator(".controls").is_hidden()
    assert page.locator("li.step:visible").count() == 9 + 3 * 6 + 9
    assert page.locator(".graph .node:visible").count() == 7
    assert page.locator("#steps-table td:visible").count() == 7 * 6
    assert page.get_by_text("1 path from w7 to x1").is_visible()


def test_the_words(opened: Any) -> None:
    page = opened(lesson())
    page.get_by_role("tab", name="In words").click()
    assert page.get_by_text("w7 changes 12 times as fast as x1, because 4·1·3").is_visible()
    page.get_by_role("button", name="Backward pass").click()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert "w7 changes 12 times as fast as w1." in current(page)


DERIVED = {
    "quotient": ("x^2*sin(x)/(1 + exp(-x))", "x=2"),
    "names": ("rate^2*x_max/α1 + `a<b`", "rate=1,x_max=2,α1=3,`a<b`=4"),
    "where": ("where(x > 0, sqrt(x)*log(x), cbrt(x))/(1 + x^2)", "x=2"),
    "network": network(),
    "vectors": ("mean((y - (a*exp(-b*x) + c))^2)", "y=[1,2,3],x=[1,2,3],a=1,b=2,c=3"),
    "matrices": ("sum((transpose(A)@x - b)^2) + det(A)", "A=[[1,2],[3,4]],x=[1,1],b=[0,1]"),
}
SHOWN_FORMULAS = """() => [...document.querySelectorAll("#panel-3 math")].map((math) => {
  const box = math.getBoundingClientRect();
  const scrolls = math.closest(".scroll, p.result") ?? document.documentElement;
  const start = scrolls.getBoundingClientRect().left + scrolls.clientLeft;
  return [box.height, box.left - start, box.right - start - scrolls.scrollWidth];
})"""
"""Of each formula its height, and by how much it is beyond what can be scrolled to."""


@pytest.mark.parametrize("name", DERIVED)
def test_the_derivation_is_set(opened: Any, name: str) -> None:
    page = opened(lesson(*DERIVED[name]))
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.get_by_role("tab", name="Derivation").click()
        found = page.evaluate(SHOWN_FORMULAS)
        assert len(found) > 5
        for height, left, beyond in found:
            assert height > 5
            assert left >= -1
            assert beyond <= 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_chain_rule_is_beside_the_paths(opened: Any) -> None:
    page = opened(lesson("g(u) = sin(u); g(x^2)*y_max", "x=2,y_max=3"))
    page.get_by_role("tab", name="Paths").click()
    shown = page.locator("#panel-1 .formula").all_text_contents()
    by_x = ["∂f∂x=ymax·g′(x2)·(2x)", "=ymax·cos(x2)·(2x)", "g′(u)=cos(u)"]
    assert [re.sub("[\u2061\u2062]", "", text) for text in shown] == [*by_x, "∂f∂ymax=sin(x2)"]


def test_the_derivation(opened: Any) -> None:
    page = opened(lesson("x^2*sin(x)", "x=2"))
    page.get_by_role("tab", name="Derivation").click()
    row = page.get_by_role("row", name="product rule")
    assert row.locator("math").count() == 2, "a part of the line for each term"
    assert row.locator("math").first.locator("mfrac, msup, mi").count() == 8
    assert page.locator("p.result").text_content().startswith("dfdx=x\u2062(2\u2062sin")
    assert "derivative of norm" in lesson("norm(x)^2", "x=[1,2]"), "a function is one step"
    assert "adcli diff --steps has it" in lesson("x = x + sin(x); " * 30 + "x", "x=1")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        network(),
        (
            "; ".join([f"x = x*y{n % 8} + sin(x/{n})" for n in range(1, 13)]) + "; x^2",
            ",".join(["x=0.1", *[f"y{k}=1.2345" for k in range(8)]]),
        ),
        (
            "a = sin(x*y) + exp(z)*w; b = tanh(a*x)/(1 + y^2); c = sqrt(1 + b^2*z^2)*log(2 + "
            "cos(w*x)); d = where(a > b, a*c, b^2/c); (a*b + c*d)^2*exp(-x^2)/(1 + exp(-w*d))",
            "x=1,y=2,z=0.5,w=0.3",
        ),
    ],
)
def test_the_size_of_a_page(text: str, at: str) -> None:
    assert len(lesson(text, at).encode()) < 300_000
