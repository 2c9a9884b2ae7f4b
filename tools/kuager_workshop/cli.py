"""The technician's command line: one group, whose commands are imported only when they are asked for."""

import importlib

import click

from kuager.cli import LazyGroup

COMMANDS = {
    "emulate": (
        "kuager_workshop.emulate.commands",
        "emulate",
        "An emulated unit: start, press, look, plug, cut.",
    ),
}
"""Name -> module, object in it, and one line of help."""


class Workshop(LazyGroup):
    """As the unit's own group, with the table above: exit code 64 is the person's mistake, 70 a failure."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table as help; imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=Workshop, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kuager")
def main() -> None:
    """Tools for who builds, tests and repairs units."""


if __name__ == "__main__":
    main()
