"""``kuager-workshop emulate``: hands, eyes, ears and cables at a unit that runs."""

import sys
import time
import wave
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, get_args

import click

from kuager.board import InputName
from kuager_workshop.emulate import carrier as carriers
from kuager_workshop.emulate import uvc
from kuager_workshop.emulate.panel import TAP_S
from kuager_workshop.emulate.surroundings import HEARD_RATE, Receiver
from kuager_workshop.emulate.unit import EmulatedUnit

_PATH = click.Path(path_type=Path)
_INPUT = click.Choice(get_args(InputName))


@click.command()
@click.argument("name", type=_INPUT)
@click.option("--seconds", default=TAP_S, show_default=True, help="How long it is held; 1.6 is a hold.")
@click.option("--double", is_flag=True, help="Twice.")
@click.option("--down", is_flag=True, help="And keep it so: dock, power-fail, a button that is held.")
@click.option("--up", is_flag=True, help="Let go what was kept.")
@click.pass_obj
def press(folder: Path, name: InputName, seconds: float, double: bool, down: bool, up: bool) -> None:
    """Press a button, or switch an input."""
    unit = EmulatedUnit(folder)
    if double:
        unit.double(name)
    elif down:
        unit.down(name)
    elif up:
        unit.release(name)
    else:
        unit.press(name, seconds)


@click.command()
@click.option("--watch", is_flag=True, help="Go on, a line at each change, until interrupted.")
@click.pass_obj
def light(folder: Path, watch: bool) -> None:
    """Say what the light shows, in percent of red, green and blue, and whether the unit vibrates."""
    unit = EmulatedUnit(folder)
    said = ""
    while True:
        red, green, blue = unit.light()
        line = f"{red:4.0%} {green:4.0%} {blue:4.0%}{'  vibrates' if unit.vibrates() else ''}"
        if line != said:
            click.echo(line)
            said = line
        if not watch:
            return
        time.sleep(0.05)


@click.group()
def carrier() -> None:
    """Make, plug, pull and read carriers: image files."""


@carrier.command()
@click.argument("image", type=_PATH)
@click.option("--kind", type=click.Choice(get_args(carriers.Kind)), default="kuager", show_default=True)
@click.option("--mib", type=click.IntRange(2), help="Its size.")
def make(image: Path, kind: carriers.Kind, mib: int | None) -> None:
    """Make an image: ready for the unit, blank, somebody else's, or ready but tiny."""
    carriers.make(image, kind, mib * carriers.MIB if mib else None)


@carrier.command()
@click.argument("image", type=_PATH)
@click.option("--name", default="carrier", show_default=True, help="Its name, while it is plugged in.")
@click.pass_obj
def insert(folder: Path, image: Path, name: str) -> None:
    """Plug an image in."""
    EmulatedUnit(folder).insert_carrier(image, name)


@carrier.command()
@click.option("--name", default="carrier", show_default=True)
@click.pass_obj
def pull(folder: Path, name: str) -> None:
    """Pull a carrier out."""
    EmulatedUnit(folder).pull_carrier(name)


@carrier.command()
@click.argument("image", type=_PATH)
@click.argument("into", type=_PATH)
def read(image: Path, into: Path) -> None:
    """Copy what is on an image into a folder on this machine."""
    click.echo(carriers.read(image, into), nl=False)


@click.command()
@click.argument("action", type=click.Choice(["plug", "unplug"]))
@click.option("--format", "formats", multiple=True, type=click.Choice(list(uvc.FORMATS)), default=["i420", "yuy2"])
@click.option("--rate", type=click.IntRange(1, 60), default=10, show_default=True, help="Pictures a second.")
@click.option("--clip", type=click.Path(path_type=Path, exists=True), help="Default: the real clip of set-up.")
@click.pass_obj
def camera(folder: Path, action: str, formats: tuple[str, ...], rate: int, clip: Path | None) -> None:
    """Plug the webcam in or out; with --format y16 alone it offers nothing that the firmware can use."""
    unit = EmulatedUnit(folder)
    if action == "plug":
        unit.plug_camera(formats, rate, clip)
    else:
        unit.unplug_camera()


@click.command()
@click.argument("percent", type=click.IntRange(0, 100))
@click.option("--charging", is_flag=True)
@click.pass_obj
def battery(folder: Path, percent: int, charging: bool) -> None:
    """Let the battery's gauge say PERCENT."""
    EmulatedUnit(folder).battery(percent, charging)


@click.command()
@click.argument("uid")
@click.pass_obj
def card(folder: Path, uid: str) -> None:
    """Hold a card with the number UID to the reader."""
    EmulatedUnit(folder).card(uid)


@click.command()
@click.argument("file", type=click.File("r"), default="-")
@click.pass_obj
def gnss(folder: Path, file: IO[str]) -> None:
    """Let the satellite receiver say the NMEA sentences of FILE, or of standard input, line by line."""
    receiver = Receiver(folder / "gnss")
    try:
        for line in file:
            receiver.send([line.strip()])
    finally:
        receiver.close()


@click.command()
@click.argument("moment", required=False, type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]))
@click.pass_obj
def clock(folder: Path, moment: datetime | None) -> None:
    """Set its clock to MOMENT, in UTC, or to this machine's time."""
    EmulatedUnit(folder).set_clock(int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000 if moment else None)


@click.command()
@click.argument("seconds", type=float)
@click.argument("file", type=_PATH)
@click.pass_obj
def hear(folder: Path, seconds: float, file: Path) -> None:
    """Record the loudspeaker for so many SECONDS into the WAV FILE."""
    samples = EmulatedUnit(folder).hear(seconds)
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(HEARD_RATE)
        out.writeframes(samples.astype("<i2").tobytes())


@click.command()
@click.argument("source", type=_PATH)
@click.argument("path")
@click.pass_obj
def put(folder: Path, source: Path, path: str) -> None:
    """Copy the file SOURCE to PATH in the unit."""
    EmulatedUnit(folder).put(source.read_bytes(), path)


@click.command()
@click.argument("path")
@click.argument("target", type=_PATH, required=False)
@click.pass_obj
def get(folder: Path, path: str, target: Path | None) -> None:
    """Copy the file PATH of the unit to TARGET, or to standard output."""
    data = EmulatedUnit(folder).get(path)
    if target:
        target.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)


COMMANDS = (press, light, carrier, camera, battery, card, gnss, clock, hear, put, get)
"""To be added to the group."""
