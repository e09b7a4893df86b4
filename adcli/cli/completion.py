"""`adcli completion`."""

from __future__ import annotations

import click

from adcli.cli.declare import Options, argument, as_command

EXAMPLES = """\b
Examples:
  adcli completion bash > ~/.local/share/bash-completion/completions/adcli
  adcli completion zsh > ~/.zfunc/_adcli
  adcli completion fish > ~/.config/fish/completions/adcli.fish"""


class CompletionOptions(Options):
    """For which shell."""

    shell: str = argument(type=click.Choice(["bash", "zsh", "fish"]))


@as_command("completion", EXAMPLES)
def command(options: CompletionOptions) -> int:
    """Print the script that completes commands and options in SHELL.

    The folder that the shell reads it from may have to be made first: mkdir -p FOLDER.
    """
    from click.shell_completion import get_completion_class

    from adcli.cli.show import write_text

    whole = click.get_current_context().find_root().command
    completion = get_completion_class(options.shell)
    assert completion is not None
    write_text(None, completion(whole, {}, "adcli", "_ADCLI_COMPLETE").source())
    return 0
