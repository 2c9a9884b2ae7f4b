"""The command line: one group, whose commands are imported only when they are asked for.

`kuager verify` must start in a moment and run on machines without camera or pins, so nothing of a command is imported
before it is called: the table below says where each lives. Exit codes 0, 3, 1, 2 are verdicts and nothing else; 64 is
the person's mistake, 70 ours, 130 an interruption from the keyboard.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import click

from kuager.errors import KuagerError, UsageError

INTERNAL = 70
_INTERRUPTED = 130

COMMANDS = {
    name: (f"kuager.cli.{name}", name, line)
    for name, line in {
        "record": "One whole session on the virtual board, unattended.",
        "run": "Run the unit.",
        "verify": "Check recordings: authentic, authentic but ends early, not authentic, or cannot be checked.",
        "show": "Show a recording's manifest and journal to people: a timeline.",
        "recover": "Bring recordings that ended without being closed into order.",
        "voice": "Make the unit's spoken prompts.",
        "card": "Print the unit's buttons and signals on one sheet.",
    }.items()
}
"""Name -> module, object in it, and one line of help."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is called; maps errors to exit codes.

    `table`: name -> module, object in it, and one line of help.
    """

    def __init__(self, *arguments: Any, table: Mapping[str, tuple[str, str, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None if there is none of that name."""
        if cmd_name not in self._table:
            return None
        module, name, _ = self._table[cmd_name]
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table as help; imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in self._table.items()])

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run; when standalone, exit with the code that the error class, or the command, names."""
        if not standalone_mode:
            return super().main(args, prog_name, standalone_mode=False, **extra)
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
        except click.ClickException as error:
            error.show()
            sys.exit(UsageError.exit_code)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(_INTERRUPTED)
        except KuagerError as error:
            click.echo(f"kuager: {error}", err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # Whoever read our output has gone; without this the interpreter complains once more while it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(INTERNAL)
        except Exception as error:  # noqa: BLE001 - the last door: a person gets a sentence, not a traceback
            if os.environ.get("KUAGER_TRACEBACK"):
                traceback.print_exc()
            click.echo(f"kuager: internal error: {type(error).__name__}: {error}", err=True)
            sys.exit(INTERNAL)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kuager")
def main() -> None:
    """Kuager: a body-worn recorder whose recordings can be checked without trusting it.

    Set KUAGER_TRACEBACK=1 to see where an internal error came from.
    """
