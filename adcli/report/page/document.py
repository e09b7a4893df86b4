"""The document around a page's content: head, policy, style and script in one file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

from adcli.report.page.markup import Markup, join, tag


def document(title: str, body: str, styles: Sequence[str] = (), scripts: Sequence[str] = ()) -> str:
    """A whole page. `styles` and `scripts` are files of this folder beside those of all pages.

    The policy lets the page's own style and script run, by their hashes, and nothing else: no
    network, no form, no code in what a user wrote. Pictures are part of the file (data:).
    """
    style = "".join([stored(name) for name in ("page.css", *styles)])
    script = "".join([stored(name) for name in ("tabs.js", *scripts)])
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    head = join(
        Markup('<meta charset="utf-8">\n'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">\n'),
        Markup('<meta name="color-scheme" content="light dark">\n'),
        Markup('<link rel="icon" href="data:,">\n'),
        tag("title", title),
        Markup(f"\n<style>{style}</style>\n"),
    )
    end = Markup(f"\n<script>{script}</script>\n")
    whole = tag("html", tag("head", head), Markup("\n"), tag("body", body, end), lang="en")
    return f"<!DOCTYPE html>\n{whole}\n"


def stored(name: str) -> str:
    """The text of a file of this folder."""
    return files("adcli.report.page").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def tabs(label: str, panels: Sequence[tuple[str, str]]) -> Markup:
    """Panels of which one is shown, each a title and its content; without script, all of them."""
    heads = [
        tag("button", title, type="button", role="tab", data_panel=f"panel-{k}")
        for k, (title, _) in enumerate(panels)
    ]
    bodies = [
        tag("section", tag("h2", title), body, class_="panel", id=f"panel-{k}")
        for k, (title, body) in enumerate(panels)
    ]
    head = tag("div", *heads, class_="tabs scripted", role="tablist", aria_label=label)
    return tag("div", head, *bodies, class_="tabbed")
