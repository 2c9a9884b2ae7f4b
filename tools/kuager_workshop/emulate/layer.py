"""A machine ready to run: base, the emulator's own files and the firmware's package, booted once and snapshotted.

The folder of a layer has ``root.img`` (the root disk as installed), ``ready.qcow2`` (what booting changed on it, and
the snapshot ``ready`` of memory and devices) and the kernel. A run copies ``ready.qcow2`` and never writes here.
"""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from kuager.capture.sensors import microphone_replay
from kuager_workshop.emulate import EmulatorError, base, cache, guest, runs, stage
from kuager_workshop.emulate.agent import Agent
from kuager_workshop.emulate.machine import READY, SNAPSHOT, Disks, Machine, command
from kuager_workshop.emulate.panel import Pins

STEPS = 4
"""How often `build` calls its `step`, `base.STEPS` aside."""

BOOT_S = 300.0

_DISK = "3G"
_VOICE_SAMPLES = 48_000 * 60
_LENT = (Path("/etc/resolv.conf"), Path("/etc/ssl/certs/ca-certificates.crt"))  # for apt, while it installs
_READY = (
    # The firmware's libraries are read once, so that after loading the snapshot they come from memory.
    "udevadm settle; python3 -c 'import numpy, av, gpiozero, lgpio, pyaudio; from picamera2 import Picamera2' "
    "&& systemctl is-active emulator-board emulator-voice && sync; "
    "code=$?; systemctl is-system-running --wait; exit $code"
)


def newest_package(checkout: Path) -> Path | None:
    """The firmware's Debian package in ``dist`` that was made last; None where there is none."""
    return max(checkout.glob("dist/kuager_*_amd64.deb"), key=lambda each: each.stat().st_mtime, default=None)


def key(package: Path | None, tpm: bool) -> str:
    """Of the layer with this package."""
    own = [b"%s\0%s" % (file.encode(), (guest.HERE / file).read_bytes()) for file in sorted(guest.PLACES)]
    machine = command(Disks.of(Path(), READY), tpm, snapshot=True, clock="utc")
    firmware = cache.digest(package) if package else "none"
    return cache.key([base.key(), *own, *machine, repr(Pins()), _READY, Path(__file__).read_bytes(), firmware])


def build(package: Path | None, tpm: bool, step: Callable[[str], None]) -> Path:
    """The layer's folder, made if need be: about 2 minutes more than the base. Raises EmulatorError."""
    below = base.build(step)
    made = cache.fetch("layers", key(package, tpm), lambda place: _make(place, below, package, tpm, step))
    cache.prune("layers")
    cache.prune("base")
    return made


def _make(place: Path, below: Path, package: Path | None, tpm: bool, step: Callable[[str], None]) -> None:
    stage.need_root()
    stage.need_tools("qemu-system-x86_64", "qemu-img", "mke2fs", "chroot")
    step(f"installing {package.name if package else 'no firmware'}")
    root = place / "root"
    stage.run(["cp", "-a", "--reflink=auto", str(below / "root"), str(root)])
    guest.install(root)
    (root / guest.VOICE).write_bytes(_voice())
    (root / guest.OUTPUTS).write_text("".join(f"{line}\n" for line in Pins().outputs))
    stage.chroot(root, f"systemd-sysusers; systemctl enable -q {' '.join(guest.UNITS)}")
    if package:
        _install(root, package)
    step("making the root disk")
    for name in ("vmlinuz", "initrd.img"):
        os.link(below / name, place / name)
    image = place / "root.img"
    stage.run(["mke2fs", "-q", "-t", "ext4", "-O", "verity", "-L", "root", "-d", str(root), str(image), _DISK])
    stage.remove_tree(root)
    step("booting")
    _snapshot(place, image, tpm, step)


def _install(root: Path, package: Path) -> None:
    # The package's own dependencies come from the host's mirror, by the host's apt settings.
    target = root / "var/tmp/kuager.deb"
    shutil.copy(package, target)
    borrowed = [root / each.relative_to("/") for each in _LENT if each.exists()]
    borrowed = [each for each in borrowed if not each.exists()]
    for place in borrowed:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path("/") / place.relative_to(root), place)
    policy = root / "usr/sbin/policy-rc.d"  # nothing starts while it is installed
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    sources = root / "etc/apt/sources.list"
    if not sources.exists():
        sources.write_text(f"deb [signed-by={stage.KEYRING}] {stage.mirror()} {stage.SUITE} main\n")
    try:
        stage.chroot(
            root,
            "dpkg -i /var/tmp/kuager.deb || "
            "{ apt-get update -q && apt-get install -y -q --no-install-recommends -f; }; "
            "dpkg-query -W -f '${db:Status-Status}' kuager | grep -qx installed; apt-get clean",
        )
        _adapt(root)
    finally:
        for place in (*borrowed, policy, target):
            place.unlink(missing_ok=True)


def _adapt(root: Path) -> None:
    # What a technician does on a unit, and the time limits that the package has for so slow a machine.
    file = root / "etc/kuager/settings.toml"
    text, count = re.subn(r"(?m)^#? *board = .*$", 'board = "emulated"', file.read_text())
    if count != 1:
        raise EmulatorError(f"{file.name} of the package has no line for the board: adapt emulate/layer.py")
    file.write_text(text)
    shutil.copytree(root / "usr/share/kuager/emulated", root / "etc/systemd/system", dirs_exist_ok=True)


def _voice() -> bytes:
    voice = microphone_replay.load(microphone_replay.default_voice())
    return voice[:_VOICE_SAMPLES].astype("<i2").tobytes()


def _snapshot(place: Path, image: Path, tpm: bool, step: Callable[[str], None]) -> None:
    # Both disks move together, into the cache and from there into runs: the one below has a relative name.
    stage.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", image.name, "-F", "raw", str(place / READY)])
    work = runs.temporary(place, tpm)
    machine = Machine(work)
    machine.start(Disks.of(place, READY), tpm=tpm)
    try:
        agent = Agent(work / "agent")
        agent.wait(BOOT_S)
        step("taking the snapshot")
        done = agent.shell(_READY, BOOT_S)
        if done.code:
            raise EmulatorError(f"the emulated machine is not what it should be; its check said:\n{done.out}")
        machine.qmp.monitor(f"savevm {SNAPSHOT}")
    except EmulatorError as error:
        log = work / "console.log"
        said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise EmulatorError(f"{error}\nThe console's end:\n{said}") from None
    finally:
        machine.stop()
        shutil.rmtree(work, ignore_errors=True)
