"""The script that ends the processes in order, with a systemctl that only remembers."""

import os
import subprocess
from pathlib import Path

import pytest

END = Path(__file__).parents[2] / "systemd/end"
UNITS = ("supervisor", "capture", "vault")
SYSTEMCTL = """#!/bin/sh
# show --property=NAME --value UNIT | kill --kill-whom=main --signal=SIGTERM UNIT
for unit; do :; done
case "$1 $2" in
  "show --property=MainPID") cat "$STATE/$unit.pid" ;;
  "show --property=Job") cat "$STATE/$unit.job" ;;
  kill*) echo "$unit" >> "$STATE/killed"; cp "$STATE/$unit.after" "$STATE/$unit.pid"
         [ ! -e "$STATE/started-again" ] || for job in "$STATE"/*.job; do : > "$job"; done ;;
esac
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "systemctl").chmod(0o755)
    for number, name in enumerate(UNITS, start=100):
        for kind, text in (("pid", f"{number}\n"), ("job", "7\n"), ("after", "0\n")):
            (tmp_path / f"kuager-{name}.service.{kind}").write_text(text)
    return tmp_path


def ended(state: Path) -> list[str]:
    environment = {"PATH": f"{state}:{os.environ['PATH']}", "STATE": str(state)}
    subprocess.run(["/bin/sh", END], env=environment, check=True, timeout=20)
    killed = state / "killed"
    return (
        [line.removeprefix("kuager-").removesuffix(".service") for line in killed.read_text().split()]
        if (killed.exists())
        else []
    )


def test_supervisor_then_capture_then_vault(state: Path) -> None:
    assert ended(state) == list(UNITS)


def test_one_that_does_not_run_is_left_out(state: Path) -> None:
    (state / "kuager-capture.service.pid").write_text("0\n")
    assert ended(state) == ["supervisor", "vault"]


def test_one_that_was_started_again_is_not_waited_for(state: Path) -> None:
    (state / "kuager-supervisor.service.after").write_text("200\n")
    assert ended(state) == list(UNITS)


def test_nothing_is_ended_that_is_not_to_stop_or_not_any_more(state: Path) -> None:
    (state / "started-again").touch()
    assert ended(state) == ["supervisor"]
    assert ended(state) == ["supervisor"]  # with no stop asked for, none at all
