"""The units agree with the table of processes, with each other, and with who owns what."""

import re
import typing

import pytest
from units import ROOM, SYSTEM, lines, read, services, words

from kuager import sockets
from kuager.processes import PROCESSES

USERS = {fields[1] for fields in lines(ROOM / "sysusers.d/kuager.conf") if fields[0] == "u"}
GROUPS = USERS | {fields[1] for fields in lines(ROOM / "sysusers.d/kuager.conf") if fields[0] == "g"}
MEMBERS = {(fields[1], fields[2]) for fields in lines(ROOM / "sysusers.d/kuager.conf") if fields[0] == "m"}
FOLDERS = {fields[1]: fields[2:5] for fields in lines(ROOM / "tmpfiles.d/kuager.conf")}
DEBIAN = {"root", "video", "audio", "dialout", "input"}


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_a_unit_runs_and_watches_its_process_as_the_table_says(process):
    unit = read(SYSTEM / f"kuager-{process.name}.service")["Service"]
    (command,) = unit["ExecStart"]
    assert f" -m {process.module} " in command
    assert command.endswith("--settings /etc/kuager/settings.toml --run /run/kuager")
    assert unit["User"] == [f"kuager-{process.name}"]
    assert float(unit["WatchdogSec"][0]) == process.watchdog_s
    assert float(unit["TimeoutStartSec"][0]) == process.ready_s
    assert float(unit["TimeoutStopSec"][0]) == process.stop_s
    assert unit["Restart"] == ["always"]


def test_the_processes_are_stopped_in_the_order_of_the_table_each_within_its_time():
    stops = re.findall(r"^stop kuager-(\w+)\.service (\d+)$", (ROOM / "end").read_text(), re.MULTILINE)
    table = sorted(PROCESSES, key=lambda process: process.stop_rank)
    assert [(name, float(seconds)) for name, seconds in stops] == [(each.name, each.stop_s) for each in table]
    end = read(SYSTEM / "kuager-end.service")
    assert {f"kuager-{each.name}.service" for each in PROCESSES} <= set(words(end["Unit"], "After"))
    assert float(end["Service"]["TimeoutStopSec"][0]) >= sum(each.stop_s for each in PROCESSES)


def test_nothing_waits_for_another_process_at_start():
    ours = {path.name for path in services()}
    for process in PROCESSES:
        unit = read(SYSTEM / f"kuager-{process.name}.service")["Unit"]
        assert not ours & {*words(unit, "After"), *words(unit, "Requires"), *words(unit, "BindsTo")}


@pytest.mark.parametrize("path", services(), ids=lambda path: path.stem)
def test_every_service_is_in_the_sandbox_and_its_user_exists(path):
    link = path.with_name(f"{path.name}.d") / "10-sandbox.conf"
    assert link.is_symlink()
    assert link.resolve() == SYSTEM / "kuager-sandbox.conf"
    unit = read(path)["Service"]
    assert set(unit.get("User", [])) <= USERS
    # Without these the sandbox's own lines mean less than they seem to.
    assert "CapabilityBoundingSet" in unit
    assert "MemoryMax" in unit
    assert "TasksMax" in unit


@pytest.mark.parametrize("path", services(), ids=lambda path: path.stem)
def test_what_a_service_writes_is_there_and_its_own(path):
    unit = read(path)["Service"]
    for place in words(unit, "ReadWritePaths"):
        if place.startswith("/run/kuager/"):
            owner = FOLDERS[place][1]
            assert unit.get("User", ["root"])[0] in {owner, "root"}


def test_every_socket_has_its_folder_which_only_its_listener_may_write():
    for name in typing.get_args(sockets.Name):
        mode, owner, group = FOLDERS[f"/run/kuager/{name}"]
        assert not int(mode, 8) & 0o027, name
        assert owner in USERS
        assert group in GROUPS


def test_who_talks_to_whom_is_who_is_in_the_channel_s_group():
    members = {group: {user for user, its in MEMBERS if its == group} for _, group in MEMBERS}
    assert members["kuager-media"] == {"kuager-vault", "kuager-capture"}
    assert members["kuager-control"] == {"kuager-vault", "kuager-supervisor"}
    assert members["kuager-camera"] == {"kuager-capture", "kuager-supervisor"}
    assert members["kuager-seal"] == {"kuager-sealer", "kuager-vault"}
    assert members["kuager-vault"] == {"kuager-sealer"}


def test_owners_and_members_exist():
    for mode, owner, group in FOLDERS.values():
        assert int(mode, 8)
        assert owner in USERS | DEBIAN
        assert group in GROUPS | DEBIAN
    assert {user for user, _ in MEMBERS} <= USERS
    assert {group for _, group in MEMBERS} <= GROUPS | DEBIAN


def test_what_udev_starts_exists_and_its_groups_too():
    text = (ROOM / "udev/70-kuager.rules").read_text()
    for name in re.findall(r"kuager-[\w@%]+\.service", text):
        assert (SYSTEM / name.replace("%k", "")).exists(), name
    assert set(re.findall(r'GROUP="([^"]+)"', text)) <= GROUPS | DEBIAN


def test_the_target_starts_every_process():
    wanted = words(read(SYSTEM / "kuager.target")["Unit"], "Wants")
    assert {f"kuager-{each.name}.service" for each in PROCESSES} | {"kuager-end.service"} <= set(wanted)
    assert all((SYSTEM / name).exists() for name in wanted)


def test_nothing_that_starts_or_works_holds_up_what_records():
    weight = {path.stem: int(read(path)["Service"].get("CPUWeight", ["100"])[0]) for path in services()}
    vault, capture = weight.pop("kuager-vault"), weight.pop("kuager-capture")
    supervisor = weight.pop("kuager-supervisor")
    # Three seconds of its imports, at more than the encoder's share, cost two seconds of picture on a busy machine.
    assert vault == capture > supervisor > max(weight.values())
    # A share among the services says it all; within its own group a nice value means nothing.
    assert not any("Nice" in read(path)["Service"] for path in services())


def test_the_emulated_unit_s_files_change_times_only():
    for path in (ROOM / "emulated").glob("*/*.conf"):
        assert (SYSTEM / path.parent.name.removesuffix(".d")).exists()
        assert all(key.startswith(("Watchdog", "Timeout")) for key in read(path)["Service"])


def test_whoever_stamps_may_ask_how_the_clock_is_kept_and_nobody_may_set_it():
    for path in services():
        asks = (path.with_name(f"{path.name}.d") / "20-clock.conf").is_symlink()
        assert asks == (path.stem.removeprefix("kuager-") in {"vault", "capture", "supervisor", "link"})
        assert asks != (read(path)["Service"].get("ProtectClock") == ["yes"])
        assert "CAP_SYS_TIME" not in words(read(path)["Service"], "CapabilityBoundingSet")
