"""`adcli completion`."""

from __future__ import annotations

import click

from adcli.cli import options

EXAMPLES = """\b
Examples:
  adcli completion bash > ~/.local/share/bash-completion/completions/adcli
  adcli completion zsh > ~/.zfunc/_adcli
  adcli completion fish > ~/.config/fish/completions/adcli.fish"""


@options.command("completion", EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the script that completes commands and options in SHELL."""
    from click.shell_completion import get_completion_class

    from adcli.cli.show import write_text

    whole = click.get_current_context().find_root().command
    completion = get_completion_class(shell)
    assert completion is not None
    write_text(None, completion(whole, {}, "adcli", "_ADCLI_COMPLETE").source())
    return 0
