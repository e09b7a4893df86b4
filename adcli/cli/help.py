"""`adcli help`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from adcli.cli.declare import Options, argument, as_command
from adcli.cli.show import write_text
from adcli.cli.terminal import page
from adcli.cli.topics import TOPICS, page_of
from adcli.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EXAMPLES = """\b
Examples:
  adcli help
  adcli help kinks
  adcli help exit codes
  adcli help grad"""


def _completed(context: click.Context, parameter: Any, word: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    if context.params.get("topic"):
        return []
    told = [(name, topic.summary) for name, topic in TOPICS.items()]
    told += list(_application(context).summaries.items())
    return [CompletionItem(name, help=text) for name, text in told if name.startswith(word)]


class HelpOptions(Options):
    """What about."""

    topic: tuple[str, ...] = argument(
        nargs=-1, required=False, metavar="[TOPIC]", shell_complete=_completed
    )


@as_command("help", EXAMPLES)
def command(options: HelpOptions) -> int:
    """A page about a TOPIC, or the help of a command. Without either, the list of topics."""
    if not options.topic:
        _write(_list_topics)
        return 0
    words = [word for text in options.topic for word in text.lower().replace("_", "-").split()]
    name = "-".join(words)
    if name in _application().summaries:
        _application().main([name, "--help"], prog_name="adcli", standalone_mode=False)
        return 0
    if name not in TOPICS:
        raise _unknown(" ".join(options.topic), name)
    _write(lambda formatter: _write_page(formatter, page_of(name)))
    return 0


def _application(context: click.Context | None = None) -> Any:
    """The group that the command belongs to: it knows the others."""
    return (context or click.get_current_context()).find_root().command


def _unknown(written: str, name: str) -> UsageError:
    from adcli.graph.library import ALIASES, LIBRARY

    hint = did_you_mean(name, [*TOPICS, *_application().summaries])
    if name in LIBRARY or name in ALIASES:
        hint = f"it is a function: adcli functions {name}"
    return UsageError(
        f"there is no help on '{written}'", hint or "the topics are " + ", ".join(TOPICS)
    )


def _write(fill: Callable[[click.HelpFormatter], None]) -> None:
    formatter = page()
    fill(formatter)
    write_text(None, formatter.getvalue())


def _list_topics(formatter: click.HelpFormatter) -> None:
    with formatter.section("Topics, explained by adcli help TOPIC"):
        formatter.write_dl([(name, topic.summary) for name, topic in TOPICS.items()])
    _application().format_commands(click.get_current_context(), formatter)


def _write_page(formatter: click.HelpFormatter, page: str) -> None:
    """The paragraphs of a page, wrapped; commands as they are."""
    for number, paragraph in enumerate(page.strip("\n").split("\n\n")):
        if number:
            formatter.write("\n")
        lines = paragraph.split("\n")
        if not paragraph.startswith("  "):
            formatter.write_text(" ".join(lines))
        elif all(" :: " in line for line in lines):
            terms = [line.split(" :: ", 1) for line in lines]
            formatter.indent()
            formatter.write_dl([(term.strip(), text) for term, text in terms])
            formatter.dedent()
        else:
            formatter.write(paragraph + "\n")
