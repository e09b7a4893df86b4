"""What moves from step to step on a page that plays; player.js gives it its meaning."""

from __future__ import annotations

from adcli.report.page.markup import Markup, tag

SPEEDS = {"0.5": "½×", "1": "1×", "2": "2×", "4": "4×"}


def moves(pause: int) -> Markup:
    """Buttons, a slider and the choice of a speed; at the normal one a step takes `pause`
    milliseconds. Without script there are none."""
    speeds = [tag("option", said, value=v, selected=v == "1") for v, said in SPEEDS.items()]
    return tag(
        "div",
        tag("button", "Back", type="button", id="back"),
        tag("button", "Play", type="button", id="play"),
        tag("button", "Next", type="button", id="next"),
        Markup('<input type="range" id="slider" min="0" max="1" value="0" aria-label="step">'),
        tag("span", id="place"),
        tag("select", *speeds, id="speed", aria_label="speed", data_pause=pause),
        class_="moves scripted",
        role="group",
        aria_label="step",
    )


def announcement() -> Markup:
    """Where those who do not see the page are told the step."""
    return tag("p", id="announcement", class_="spoken", aria_live="polite")
