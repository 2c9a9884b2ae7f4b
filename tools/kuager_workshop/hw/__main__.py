"""``python -m kuager_workshop.hw``: prints or writes what hw/ derives from board files and tables."""

from collections.abc import Callable
from typing import TypeVar

import click

from kuager import hardware
from kuager.errors import KuagerError
from kuager_workshop.hw import BOARDS, config, header, parts, pictures, power, room, tree

_T = TypeVar("_T")


@click.group()
def main() -> None:
    """What hw/ derives from its board files and tables."""


@main.command("config")
@click.argument("board", type=click.Choice(BOARDS))
@click.option("--cmdline", is_flag=True, help="What is added to cmdline.txt, instead.")
def config_command(board: str, cmdline: bool) -> None:
    """Print the lines for config.txt of BOARD."""
    write = config.cmdline_txt if cmdline else config.config_txt
    _guarded(lambda: click.echo(write(hardware.load(hardware.path_of(board))), nl=False))


@main.command("write")
@click.option(
    "--pictures", "draws", is_flag=True, help="Draw the wiring as SVG and PNG too; needs WireViz and graphviz."
)
def write_command(draws: bool) -> None:
    """Write every derived file of hw/ that is not up to date."""

    def work() -> None:
        for name in tree.write(room()):
            click.echo(name)
        if draws:
            for text in sorted((room() / "wiring").glob("*.yml")):
                for path in pictures.draw(text):
                    click.echo(path.relative_to(room()))

    _guarded(work)


@main.command("check")
def check_command() -> None:
    """Exit 1 where a derived file is stale, a part is missing, a pin is taken or a figure differs."""

    def work() -> list[str]:
        found = [f"{name} is not up to date; run write" for name in tree.stale(room())]
        listed, budget = parts.load(room() / "parts.toml"), power.load(room() / "power.toml")
        for name in BOARDS:
            board = hardware.load(hardware.path_of(name))
            found += [f"{name}: no part for {need}" for need in sorted(parts.missing(listed, board))]
            found += [f"{name}: {clash}" for clash in header.conflicts(board)]
            capacity, hold_up = power.capacity_mwh(budget, name), power.span(budget, name).hold_up_ms
            if board.power.capacity_mwh != capacity:
                found.append(f"{name}: capacity_mwh is {board.power.capacity_mwh}, the budget says {capacity}")
            if board.power.hold_up_ms != hold_up:
                found.append(f"{name}: hold_up_ms is {board.power.hold_up_ms}, the budget says {hold_up}")
        return found

    found = _guarded(work)
    for line in found:
        click.echo(line)
    raise SystemExit(1 if found else 0)


def _guarded(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except KuagerError as error:
        raise SystemExit(f"kuager_workshop.hw: {error}") from None


if __name__ == "__main__":
    main()
