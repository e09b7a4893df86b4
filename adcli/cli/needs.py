"""What options need to have an effect: one without it is an error, not a silent wish.

Each option of each command is in one of three tables, by its name (`threads`), or for one command
alone (`diff.shape`). A choice that says what happens anyway (--missing error) has its effect.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import click

from adcli.descent.schedules import USES
from adcli.errors import UsageError

Parsed = Mapping[str, Any]
"""The values of all options of a command line, by name."""


class Need(NamedTuple):
    """What is said of an option, behind its name, where `met` does not hold; and a hint."""

    told: str
    met: Callable[[Parsed], bool]
    hint: str = ""

    def hint_for(self, option: str) -> str:
        """What would help."""
        add = "add that, or " if self.told.startswith("needs ") else ""
        return self.hint or f"{add}leave {option} out"


def _has(*names: str) -> Callable[[Parsed], bool]:
    return lambda parsed: any(parsed[name] not in (None, (), False) for name in names)


def _is(name: str, *values: str) -> Callable[[Parsed], bool]:
    return lambda parsed: parsed[name] in values


def _either(names: Sequence[str]) -> str:
    """`a`, or `a, b or c`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _without(*names: str) -> Callable[[Parsed], bool]:
    return lambda parsed: not _has(*names)(parsed)


def is_training(parsed: Parsed) -> bool:
    """Whether `adcli descend` is asked for mini-batches."""
    return _has("batch_size", "epochs")(parsed)


def _is_one_start(parsed: Parsed) -> bool:
    return (parsed["starts"] or 1) == 1


def _is_drawn(parsed: Parsed) -> bool:
    """Whether anything in a descent is left to the seed."""
    return (
        not _is_one_start(parsed)
        or _has("shuffle")(parsed)
        or any(_draws(text) for text in parsed["param"])
        or is_part(parsed["validation"])
    )


def _draws(text: str) -> bool:
    """Whether a --param has an array of random numbers."""
    return not {"zeros", "ones", "constant"}.issuperset(re.findall(r"=\s*(\w+)\s*\(", text))


def is_part(validation: str | None) -> bool:
    """Whether --validation gives a part of the rows, not a file."""
    try:
        float(validation or "")
    except ValueError:
        return False
    return True


POINTS = Need("needs --points", _has("points"))
DATA = Need("is for --data", _has("data"), "--data FILE names a table")
A_TABLE = Need(
    "needs --format table",
    lambda parsed: parsed["form"] == "table" and not parsed.get("explain_engine"),
)
TRAINING = Need("is for a training", is_training, "--batch-size or --epochs asks for one")
WHOLE = Need(
    "is not for a training",
    lambda parsed: not is_training(parsed),
    "leave --batch-size and --epochs out",
)
ONE_START = Need("shows one descent", _is_one_start, "leave --starts out")
FIRST_ORDER = Need(
    "is for first derivatives",
    lambda parsed: parsed["order"] == 1,
    "leave --order 2 out",
)
NO_WRT = Need("and --wrt exclude each other", _without("wrt"), "leave one out")
A_FIT = Need("is for a fit, but --model has been fitted", _without("model"))

FOR_TRAINING = ("batch_size", "epochs", "shuffle", "validation", "patience", "dtype")
"""Options that only a training takes; the first two ask for one."""

NOT_FOR_TRAINING = (
    *("starts", "animate", "gradient_tolerance", "value_tolerance", "point_tolerance", "engine"),
)
"""Options that only a descent of the whole loss takes."""

NEEDS: dict[str, Sequence[Need]] = {
    "points_format": [POINTS],
    "threads": [POINTS],
    "on_error": [
        Need(
            "null needs --points, or --format json",
            lambda parsed: parsed["points"] is not None or parsed["form"] == "json",
        )
    ],
    "explain_engine": [
        Need(
            "writes text or JSON, not this kind of file",
            lambda parsed: parsed["output"] in (None, "-") or parsed["form"] in ("table", "json"),
            "leave -o out",
        )
    ],
    "verbose": [Need("and --explain-engine exclude each other", _without("explain_engine"))],
    "data_format": [DATA],
    "missing": [DATA],
    "where": [DATA],
    "digits": [A_TABLE],
    "trace.digits": [Need("needs --format table or latex", _is("form", "table", "latex"))],
    "direction": [
        NO_WRT,
        Need(
            "takes a forward sweep, not --mode symbolic or --mode finite",
            _is("mode", "reverse", "forward"),
            "leave --mode out",
        ),
    ],
    "taylor.direction": [NO_WRT],
    "graph.digits": [
        Need(
            "needs a drawing, or --paths as a table",
            lambda parsed: parsed["paths"] is None or parsed["kind"] != "json",
        )
    ],
    **{name: [FIRST_ORDER] for name in ("gradient", "epsilons", "compare.plot")},
    "diff.share": [Need("needs --as text or latex", _is("kind", "text", "latex"))],
    "descend.shape": [
        Need(
            "is for --start random:SEED",
            lambda parsed: any(text.startswith("random:") for text in parsed["start"]),
            "the values of an array give its shape",
        )
    ],
    "seed": [
        Need(
            "needs --starts, a random --param, --shuffle, or a part for --validation",
            _is_drawn,
        )
    ],
    **{
        name: [Need(f"needs --schedule {_either(schedules)}", _is("schedule", *schedules))]
        for name, schedules in USES.items()
    },
    **{f"descend.{name}": [TRAINING] for name in FOR_TRAINING},
    **{f"descend.{name}": [WHOLE] for name in NOT_FOR_TRAINING},
    "every": [A_TABLE, ONE_START],
    "descend.trace": [ONE_START],
    "descend.plot": [ONE_START],
    "descend.animate": [WHOLE, ONE_START],
    "checkpoint_every": [Need("needs --checkpoint", _has("checkpoint"))],
    "loss_scale": [
        Need(
            "needs --loss huber, soft_l1 or cauchy",
            # One that is not a scale is refused for that, with any loss.
            lambda parsed: parsed["loss"] != "linear" or not parsed["loss_scale"] > 0,
        )
    ],
    "confidence": [
        Need(
            "needs --save, --plot, --predict, or another --format than plain",
            lambda parsed: parsed["form"] != "plain" or _has("save", "plot", "predict")(parsed),
        )
    ],
    "fit.rate": [Need("needs --method, one of descend's", _has("method"))],
    "predict_format": [Need("needs --predict", _has("predict"))],
}
"""Option -> what it needs."""

ALWAYS = frozenset(
    (
        *("expression", "source", "at", "points", "data", "color"),
        *("form", "kind", "output", "mode", "wrt", "model", "order", "diff.shape", "diff.taylor"),
        *("compare.order", "tolerance", "plot", "no_times", "paths", "name", "shell"),
        *("start", "param", "fix", "bounds", "maximize", "method"),
        *("max_iterations", "max_seconds", "target", "save", "checkpoint", "resume"),
        *("weights", "sigma", "loss", "predict"),
    )
)
"""Options that always have an effect."""

ELSEWHERE = frozenset(
    (
        *("precision", "engine"),  # which fit together as the choice of an engine says
        *("graph.precision", "graph.engine"),  # a program without variables
        *("rate", "line_search", "schedule", "warmup"),  # Settings knows which method takes them
        *("clip_value", "clip_norm", "weight_decay"),
        *("absolute_sigma", "strict"),
    )
)
"""Options that the program or the method may leave without effect: checked where that is known."""

LOOKS = ("form", "kind", "digits", "color")
"""Options that say how results look."""

FOR_PREDICTIONS = ("model", "predict", "predict_format", "form", "output", "digits", "color")
"""Options of `adcli fit` that predictions by a saved model take; all others are for a fit."""


def needs_of(command: str | None, option: str | None) -> list[Need]:
    """What an option of a command needs to have an effect."""
    found = [A_FIT] if command == "fit" and option not in FOR_PREDICTIONS else []
    own = f"{command}.{option}"
    known = own in NEEDS or own in ALWAYS or own in ELSEWHERE
    return [*found, *NEEDS.get(own if known else f"{option}", ())]


def check_needs(context: click.Context) -> None:
    """Raise UsageError for an option on the command line that has no effect."""
    for parameter in context.command.params:
        refuse_given(context, [parameter.name], needs_of(context.command.name, parameter.name))


def check_repeated(given: Sequence[click.Parameter]) -> None:
    """Raise UsageError for an option that is given twice though only the last one would count.

    How results look may be said again: a script's wish, and then another.
    """
    for parameter, count in Counter(given).items():
        if not isinstance(parameter, click.Option) or parameter.name in LOOKS:
            continue
        if count > 1 and not parameter.multiple and not parameter.is_flag:
            raise UsageError(
                f"{parameter.opts[-1]} is given {count} times, and only the last would count",
                "leave the others out",
            )


def refuse_given(
    context: click.Context, names: Sequence[str | None], needs: Sequence[Need]
) -> None:
    """Raise UsageError for the first of the options `names` that is given and lacks its `needs`."""
    for parameter in context.command.params:
        if parameter.name in names and _is_given(context, parameter):
            shown = parameter.opts[-1] if isinstance(parameter, click.Option) else "EXPR"
            for need in needs:
                if not need.met(context.params):
                    raise UsageError(f"{shown} {need.told}", need.hint_for(shown))


def _is_given(context: click.Context, parameter: click.Parameter) -> bool:
    """Whether the command line gives an option, other than a choice of what happens anyway."""
    name = parameter.name or ""
    if context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
        return False
    chosen = isinstance(parameter.type, click.Choice)
    return not (chosen and context.params.get(name) == parameter.default)


def explained(option: click.Option, needs: Sequence[Need]) -> str:
    """The help of an option, with what it needs."""
    text = option.help or ""
    for need in needs:
        verb, _, rest = need.told.partition(" ")
        if verb in ("needs", "is") and need is not A_FIT:
            sentence = need.told if verb == "needs" else rest
            text += f" {sentence[0].upper()}{sentence[1:]}."
    return text
