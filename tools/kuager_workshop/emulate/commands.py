"""``kuager-workshop emulate``: an emulated unit by hand. One command starts it; the others find it by its folder."""

import sys
from pathlib import Path

import click

from kuager import settings
from kuager.errors import UsageError
from kuager_workshop.emulate import base, commands_around, layer, runs, steps
from kuager_workshop.emulate.unit import EmulatedUnit

_CHECKOUT = Path(__file__).resolve().parents[3]
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

_deb = click.option("--deb", type=_FILE, help="The firmware's package; default: the newest in dist of the checkout.")
_none = click.option("--no-deb", is_flag=True, help="A machine without the firmware.")
_tpm = click.option("--tpm", is_flag=True, help="With a TPM 2.0 (swtpm).")


@click.group()
@click.option(
    "--run", "folder", type=click.Path(path_type=Path), help="The run's folder; default: in the state's home."
)
@click.pass_context
def emulate(context: click.Context, folder: Path | None) -> None:
    """An emulated unit: build and start it, press, look, plug, cut the power.

    A real Debian with a real kernel in QEMU's software emulation: about 20 times slower than this machine.
    """
    context.obj = folder or settings.state_home() / "emulated"


@emulate.command()
@_deb
@_none
@_tpm
def build(deb: Path | None, no_deb: bool, tpm: bool) -> None:
    """Make what `start` starts, if need be: the first time about five minutes, for a new package two. Needs root."""
    click.echo(str(_layer(deb, no_deb, tpm)))


@emulate.command()
@_deb
@_none
@_tpm
@click.option("--cold", is_flag=True, help="Boot (half a minute) instead of starting from the snapshot (2 s).")
@click.pass_obj
def start(folder: Path, deb: Path | None, no_deb: bool, tpm: bool, cold: bool) -> None:
    """Start a new unit in the background; one that runs in this folder is ended."""
    unit = EmulatedUnit(runs.create(folder, _layer(deb, no_deb, tpm), tpm))
    if cold:
        unit.boot()
    else:
        unit.resume()
    click.echo(f"The unit runs; its console is {folder / 'console.log'}.")


@emulate.command()
@click.option(
    "--clock", default="utc", show_default=True, help="What its clock chip says: utc, or YYYY-MM-DDThh:mm:ss."
)
@click.pass_obj
def boot(folder: Path, clock: str) -> None:
    """Switch on again after `cut`, with what was plugged in and what was on its disks."""
    EmulatedUnit(folder).boot(clock=clock)


@emulate.command()
@click.pass_obj
def reboot(folder: Path) -> None:
    """Let it shut down in order and start again."""
    EmulatedUnit(folder).reboot()


@emulate.command()
@click.pass_obj
def cut(folder: Path) -> None:
    """Cut the power."""
    EmulatedUnit(folder).cut()


@emulate.command()
@click.pass_obj
def stop(folder: Path) -> None:
    """End it, and delete its folder's contents."""
    EmulatedUnit(folder).stop()
    runs.clear(folder)


@emulate.command()
@click.pass_obj
def status(folder: Path) -> None:
    """Say whether it runs, and what is plugged in. Exit code 0 if it runs, else 3."""
    run, unit = runs.load(folder), EmulatedUnit(folder)
    running = unit.machine.running()
    click.echo(f"The unit in {folder} {'runs' if running else 'is switched off'}.")
    for name, image in run.carriers.items():
        click.echo(f"Carrier {name}: {image}")
    if run.camera is not None:
        click.echo(f"Webcam: {' '.join(run.camera)}")
    if running:
        up_us = int(unit.agent.ask("hello")["up_us"])
        red, green, blue = unit.light()
        click.echo(f"Up for {up_us // 1_000_000} s; light: {red:.0%} red, {green:.0%} green, {blue:.0%} blue.")
    sys.exit(0 if running else 3)


@emulate.command(context_settings={"ignore_unknown_options": True})
@click.option("--timeout", default=60.0, show_default=True, help="Seconds; what takes longer is ended.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def shell(folder: Path, timeout: float, command: tuple[str, ...]) -> None:
    """Run COMMAND in it as root; the exit code is COMMAND's."""
    code, out = EmulatedUnit(folder).shell(" ".join(command), timeout)
    click.echo(out, nl=False)
    sys.exit(code if code >= 0 else 128 - code)


def _layer(deb: Path | None, no_deb: bool, tpm: bool) -> Path:
    if deb and no_deb:
        raise UsageError("--deb and --no-deb contradict each other: leave one of them out")
    package = None if no_deb else deb or layer.newest_package(_CHECKOUT)
    if not package and not no_deb:
        raise UsageError("there is no package of the firmware in dist: make it first, name one with --deb, or --no-deb")
    with steps.shown(base.STEPS + layer.STEPS) as step:
        return layer.build(package, tpm, step)


for _each in commands_around.COMMANDS:
    emulate.add_command(_each)
