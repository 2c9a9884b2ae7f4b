"""The technician's command line: one group, whose commands are imported only when they are asked for."""

import click

from kuager.cli import LazyGroup

COMMANDS = {
    "emulate": (
        "kuager_workshop.emulate.commands",
        "emulate",
        "An emulated unit: start, press, look, plug, cut.",
    ),
    "hw": ("kuager_workshop.hw.__main__", "main", "What hw/ derives from its board files and tables."),
}
"""Name -> module, object in it, and one line of help."""


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kuager")
def main() -> None:
    """Tools for who builds, tests and repairs units."""


if __name__ == "__main__":
    main()
