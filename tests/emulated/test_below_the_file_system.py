"""The power is cut under a real file system: each write that ext4 sent to the carrier is logged below it by the kernel
(dm-log-writes), and the carrier laid out as a cut at many places of that log may leave it.

What was acknowledged by then must be there, and recovery must make an authentic recording of it.
"""

import io
import random
import shutil
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emulated_world import SLOW, World, red

from kuager_workshop.emulate import carrier
from kuager_workshop.emulate.writelog import Cut, Entry, WriteLog, cuts
from kuager_workshop.torture import aftermath, story
from kuager_workshop.torture.simulated.unit import SimulatedUnit
from kuager_workshop.torture.simulated.vault import VaultPlan

SIZE = 96 << 20
CUTS = 48
SEED = 1


@dataclass
class Logged:
    """A whole recording on a logged carrier: its folder, the log, and the unit's own state at its begin."""

    name: str
    log: WriteLog
    state: Path


def device(world: World, serial: str) -> str:
    return world.do(f"readlink -f /dev/disk/by-id/*{serial}*").split()[0]


def mount_logged(world: World) -> None:
    """A carrier whose every write is logged on another disk."""
    world.unit.pull_carrier()
    for serial in ("under", "log"):
        image = carrier.make(world.folder / f"{serial}.img", "blank", SIZE if serial == "under" else 4 * SIZE)
        world.unit.insert_carrier(image, serial)
    for serial in ("under", "log"):
        world.until(
            lambda serial=serial: world.unit.shell(f"ls /dev/disk/by-id/*{serial}*").code == 0, 4 * SLOW, serial
        )
    under, log = device(world, "under"), device(world, "log")
    table = f"0 {SIZE // 512} log-writes {under} {log}"
    world.do(
        f"modprobe dm-log-writes && dmsetup create carrier --table '{table}' && "
        "mkfs.ext4 -q -O verity -E root_owner=$(id -u kuager-vault):$(id -g kuager-vault) /dev/mapper/carrier && "
        "dmsetup message carrier 0 mark made && mkdir -p /media/kuager && "
        "mount -o nosuid,nodev,noexec,noatime,errors=remount-ro /dev/mapper/carrier /media/kuager",
        180,
    )


def record(world: World) -> str:
    """A session; the log is marked with what is certainly durable by then."""
    name = world.begin()
    for _ in range(6):
        time.sleep(2)
        known = world.bodies("checkpoint", name)
        # One that is followed by another was synced before the other was begun.
        if len(known) > 1:
            world.do(f"dmsetup message carrier 0 mark acked-{known[-2].bytes}")
    world.light(red)
    assert world.end() == name
    world.do("dmsetup message carrier 0 mark sealed && sync -f /media/kuager", 120)
    return name


def test_a_power_cut_below_the_file_system(world: World, tmp_path: Path) -> None:
    mount_logged(world)
    world.ready()
    # From before: at a cut the unit's own partition knows of nothing that comes after it.
    state = _state(world)
    name = record(world)
    with tarfile.open(fileobj=io.BytesIO(state)) as archive:
        archive.extractall(tmp_path / "state", filter="data")
    world.unit.pull_carrier("under")
    world.unit.pull_carrier("log")
    logged = Logged(name, WriteLog(world.folder / "log.img"), tmp_path / "state")
    chance = random.Random(SEED)
    entries = logged.log.entries
    made = next(at for at, entry in enumerate(entries) if entry.mark == "made")
    assert sum(entry.mark.startswith("acked-") for entry in entries) >= 3
    positions = sorted(chance.sample(range(made, len(entries)), min(CUTS, len(entries) - made)))
    disk = tmp_path / "disk.img"
    with disk.open("wb") as file:
        file.truncate(SIZE)
    for cut in cuts(entries, positions, chance):
        logged.log.apply(cut.certain, disk)
        recovered(logged, cut, disk, tmp_path / f"cut-{cut.position}")


def _state(world: World) -> bytes:
    world.do("tar -C /var/lib/kuager -cf /run/state.tar .")
    return world.unit.get("/run/state.tar")


def acknowledged(entries: Sequence[Entry]) -> int:
    """Bytes of media that were certainly acknowledged by then."""
    marks = (entry.mark for entry in entries if entry.mark.startswith("acked-"))
    return max((int(mark.removeprefix("acked-")) for mark in marks), default=0)


def recovered(logged: Logged, cut: Cut, disk: Path, folder: Path) -> None:
    """The unit starts with what this cut left, and all that it had acknowledged is authentic."""
    entries = logged.log.entries[: cut.position]
    folder.mkdir()
    image = folder / "disk.img"
    shutil.copyfile(disk, image)
    logged.log.apply(cut.kept, image)
    carrier.read(image, folder / "carrier")
    image.unlink()
    shutil.copytree(logged.state, folder / "state")
    unit = SimulatedUnit(VaultPlan(folder, boot=bytes(range(16))), settings=story.SETTINGS)
    unit.run(15.0)
    unit.power_cut()
    acked = acknowledged(entries)
    if not list((folder / "carrier").glob("KZ0417-*Z")):
        assert acked == 0
        return
    left = aftermath.read(folder / "carrier", folder / "state")
    left.expect_good()
    proven = sum(chunk.length for each in left.recordings if each.name == logged.name for chunk in each.chunks)
    assert proven >= acked, f"a cut before entry {cut.position}: {proven} of {acked} acknowledged bytes are proven"
    if any(entry.mark == "sealed" for entry in entries):
        assert "power" not in next(each.causes for each in left.recordings if each.name == logged.name)
    shutil.rmtree(folder)
