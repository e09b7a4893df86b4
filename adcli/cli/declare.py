"""Options declared as fields of classes: click's options and the help are made from these.

    class Point(Options):
        at: tuple[str, ...] = option(metavar="x=2,y=3", multiple=True, help="The point.")

    @as_command("norm", "adcli norm --at x=3,y=4")
    def norm(options: Point) -> int: ...

A command has one such class, joined from others where commands share options: --help shows its
fields in order, and the command is called with an instance, which nobody changes. Type checkers
read the classes like dataclasses; real ones would take milliseconds of each start, to compile
methods that no command calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, NoReturn, dataclass_transform, get_type_hints

import click

from adcli.cli.formats import FormatOption, check_outputs, outputs_among
from adcli.cli.needs import Need, check_needs, check_repeated, explained
from adcli.errors import UsageError


class OptionField(NamedTuple):
    """What a field says of its option: how it is written, what it needs, the settings of click."""

    kind: type[click.Parameter]
    written: Sequence[str]
    needs: Sequence[Need]
    settings: Mapping[str, Any]

    def parameter(self, name: str) -> click.Parameter:
        """The option of click, for the field of that name."""
        usual = () if self.kind is click.Argument else (f"--{name.replace('_', '-')}",)
        made = self.kind([name, *(self.written or usual)], **self.settings)
        if isinstance(made, click.Option):
            made.help = explained(made.help or "", self.needs)
        return made

    @property
    def default(self) -> Any:
        """The value where the command line has none."""
        nothing: Any = () if self.settings.get("multiple") else None
        return self.settings.get("default", False if self.settings.get("is_flag") else nothing)


def option(
    *written: str,
    cls: type[click.Option] = click.Option,
    needs: Sequence[Need] = (),
    **settings: Any,
) -> Any:
    """A field that is an option, written `--its-name` where nothing else is said."""
    return OptionField(cls, written, needs, settings)


def argument(**settings: Any) -> Any:
    """A field that is an argument."""
    return OptionField(click.Argument, (), (), settings)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Options:
    """Options that belong together. A subclass adds to them, or says its own in place of one.

    A value in place of one means that the command has no such option: the value holds always. What
    a class `needs`, all its options need.
    """

    fields: ClassVar[Mapping[str, OptionField]] = MappingProxyType({})
    recorder: ClassVar[Any] = None
    """Notes the results, where a record of the run is wanted."""

    def __init_subclass__(cls, needs: Sequence[Need] = ()) -> None:
        said: dict[str, Any] = {}
        for base in cls.__bases__:
            said |= getattr(base, "fields", {})
        said |= vars(cls)
        cls.fields = {
            name: field._replace(needs=[*needs, *field.needs])
            for name, field in said.items()
            if isinstance(field, OptionField)
        }

    def __init__(self, **values: Any) -> None:
        unknown = values.keys() - self.fields.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no option {', '.join(sorted(unknown))}")
        vars(self).update({name: field.default for name, field in self.fields.items()} | values)

    def given(self, *groups: type[Options]) -> dict[str, Any]:
        """Those options of some groups that have a value, by name."""
        found = {name: getattr(self, name) for group in groups for name in group.fields}
        return {name: value for name, value in found.items() if value is not None}

    def chosen(self, *without: str) -> list[tuple[str, str]]:
        """Those options that differ from their defaults, as they are written, each with its value
        as a text; `without` some."""
        found = []
        for name, field in self.fields.items():
            value = getattr(self, name)
            if value != field.default and name not in without:
                said = ", ".join(value) if isinstance(value, tuple) else str(value)
                if isinstance(value, float):
                    said = said.removesuffix(".0")
                written = field.parameter(name)
                flag = isinstance(written, click.Option) and written.is_flag
                found.append((written.opts[-1], "" if flag else said))
        return found

    def check(self) -> None:
        """Raise UsageError for values that no file or folder would make right."""

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"options do not change: {name}")


class _Command(click.Command):
    """A command whose options all have an effect, or it is not run."""

    def __init__(self, *arguments: Any, options: type[Options], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.options = options
        self.needs = {name: field.needs for name, field in options.fields.items()}
        self.params += [field.parameter(name) for name, field in options.fields.items()]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            check_repeated(self.make_parser(ctx).parse_args(list(args))[2])
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        self._refuse_empty(ctx.params)
        outputs = outputs_among(ctx.params)
        formats = {
            str(option.name): option.chosen(ctx.params)
            for option in self.params
            if isinstance(option, FormatOption)
        }
        parsed = {**ctx.params, **formats}
        check_needs(ctx, parsed, self.needs)
        options = self.options(**parsed)
        options.check()
        check_outputs(outputs)  # last: a command line that is wrong is so in every folder
        assert self.callback is not None
        work = partial(ctx.invoke, self.callback)
        recorder = ctx.obj
        if recorder is None and vars(options).get("record"):
            from adcli.cli.recording import RunNotes

            recorder = RunNotes()
        return work(options) if recorder is None else recorder.run(self.name, options, work)

    def _refuse_empty(self, parsed: Mapping[str, Any]) -> None:
        """Raise UsageError for an option that is there and says nothing."""
        for option in self.params:
            if isinstance(option, click.Option):
                value = parsed.get(option.name or "")
                if "" in (value if isinstance(value, tuple) else (value,)):
                    name = option.opts[-1]
                    hint = f"leave {name} out, or fill it in"
                    raise UsageError(f"the value of {name} is empty", hint)


def as_command(name: str, examples: str) -> Callable[[Callable[..., int]], click.Command]:
    """A function of `options` as the command `name`, with examples behind its help."""

    def declare(function: Callable[..., int]) -> click.Command:
        options = get_type_hints(function)["options"]
        return click.command(name, cls=_Command, epilog=examples, options=options)(function)

    return declare
