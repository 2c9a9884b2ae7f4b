"""``make bench``: every figure that the recorder promises, in one table; exit 3 where a limit is not met."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from kuager import settings
from kuager.errors import KuagerError
from kuager_workshop.bench import cpu, disk, flash, kills, memory, press, soak
from kuager_workshop.bench.figure import Figure, as_json, table
from kuager_workshop.bench.measure import PIPE_KIB
from kuager_workshop.bench.raw import Form

_GROUPS = ("cpu", "memory", "press", "flash", "kills", "recovery", "verify", "soak")


@click.command()
@click.option("--only", multiple=True, type=click.Choice(_GROUPS), help="Measure these alone; may be repeated.")
@click.option("--runs", default=7, show_default=True, help="Interleaved runs beside each contender, and of verify.")
@click.option("--seconds", default=8, show_default=True, help="Measured seconds of each run, at real time.")
@click.option("--size", default="1280x720", show_default=True, help="Picture size of the contenders.")
@click.option("--rate", default=30, show_default=True, help="Pictures a second.")
@click.option("--preset", default="superfast", show_default=True, help="x264 preset.")
@click.option("--crf", default=25, show_default=True, help="x264 constant rate factor.")
@click.option("--pipe", "pipe_kib", default=PIPE_KIB, show_default=True, help="KiB of the pipe to a contender.")
@click.option("--alone", is_flag=True, help="Run contenders by themselves instead of beside the recorder.")
@click.option("--minutes", default=1.0, show_default=True, help="How long memory is watched while recording.")
@click.option("--pre-roll", default=30, show_default=True, help="Seconds of pre-roll, for memory and press.")
@click.option("--presses", default=20, show_default=True, help="Presses; two more come with the whole pre-roll.")
@click.option("--kills", "kill_count", default=10, show_default=True, help="Kills of capture, and of the vault.")
@click.option("--hours", default=4.0, show_default=True, help="Length of the recording to recover.")
@click.option("--verify-minutes", default=20.0, show_default=True, help="Length of the recording to verify.")
@click.option("--megabits", default=2.5, show_default=True, help="Its bit rate, Mbit/s; real scenes have 1.7 to 4.")
@click.option("--soak", "soak_minutes", default=0.0, show_default=True, help="Also record for so many minutes.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Where to work; best the disk that will be recorded to."
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures to this file.")
def main(
    only: tuple[str, ...],
    runs: int,
    seconds: int,
    size: str,
    rate: int,
    preset: str,
    crf: int,
    pipe_kib: int,
    alone: bool,
    minutes: float,
    pre_roll: int,
    presses: int,
    kill_count: int,
    hours: float,
    verify_minutes: float,
    megabits: float,
    soak_minutes: float,
    folder: Path | None,
    json_file: Path | None,
) -> None:
    """Measure, and print a table; bench/README.md says how to read it. Exit codes: 0; 3 where a limit is not met."""
    width, height = (int(each) for each in size.split("x"))
    form = Form(width, height, rate, preset, crf)
    progress = Console(stderr=True)

    def all_of_cpu(place: Path) -> list[Figure]:
        figures = cpu.measure(place, form, runs, seconds, pipe_kib, alone, lambda text: progress.print(f"  {text}"))
        bare = next(each.value for each in figures if each.name == "bare encoder")
        return [*figures, cpu.whole_unit(place, form, seconds, bare)]

    plan: dict[str, Callable[[Path], list[Figure]]] = {
        "cpu": all_of_cpu,
        "memory": lambda place: memory.measure(place, minutes, pre_roll),
        "press": lambda place: press.measure(place, presses, min(2, presses), pre_roll),
        "flash": lambda place: flash.measure(place, presses),
        "kills": lambda place: kills.measure(place, kill_count),
        "recovery": lambda place: disk.recovery(place, hours),
        "verify": lambda place: disk.verifying(place, verify_minutes, megabits, runs),
        "soak": lambda place: soak.measure(place, soak_minutes),
    }
    chosen = only or [name for name in _GROUPS if name != "soak" or soak_minutes]
    root = folder or settings.state_home()
    root.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    work = Path(tempfile.mkdtemp(prefix="bench-", dir=root))
    try:
        for name in chosen:
            progress.print(f"{name}:")
            (work / name).mkdir()
            figures += plan[name](work / name)
            shutil.rmtree(work / name)
    except KuagerError as error:
        raise click.ClickException(str(error)) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if figures:
            Console().print(table(figures))
        if json_file:
            json_file.write_bytes(as_json(figures))
    raise SystemExit(0 if all(each.met for each in figures) else 3)


if __name__ == "__main__":
    main()
