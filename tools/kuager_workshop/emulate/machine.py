"""One QEMU process: its devices, its sockets, its start and its sudden end.

Always QEMU's own software emulation: /dev/kvm can be there and not work. The set of devices is the same at every start,
since a snapshot is loaded only into the machine that it was taken from; whatever comes and goes (carriers) is plugged
later, and the camera's end of a USB cable is always there with nothing on it.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.qmp import Qmp
from kuager_workshop.emulate.stage import need_tools

MEMORY_MIB = 1280
SNAPSHOT = "ready"

READY = "ready.qcow2"
"""The root disk that has the snapshot."""

FILES = ("vmlinuz", "initrd.img", "root.img", READY)
"""What a layer's folder has; a run in another folder needs them all."""

_APPEND = (
    "root=/dev/vda rw console=ttyS0 mitigations=off audit=0 loglevel=4 nowatchdog "
    "systemd.show_status=0 rd.systemd.show_status=0 "
    # QEMU now and then runs into a breakpoint that the kernel had set, and taken away again, while it changed its own
    # code from the other processor (a static key, as systemd enables a controller): the machine then starts anew.
    "panic=-1 oops=panic "
    # What a PC has and a unit has not: finding it takes seconds of every boot.
    "modprobe.blacklist=floppy,ata_piix,ata_generic,pcspkr,i2c_piix4,powernow_k8,acpi_cpufreq,kvm,kvm_amd,kvm_intel,ccp"
)
_QUIT_S = 10.0


class Disks(NamedTuple):
    """What a machine boots from: kernel, initramfs, and the root disk (qcow2) that it writes to."""

    kernel: Path
    initramfs: Path
    root: Path

    @classmethod
    def of(cls, folder: Path, root: str) -> "Disks":
        """Those in a folder that has a layer's files; `root`: the root disk's name there."""
        return cls(folder / "vmlinuz", folder / "initrd.img", folder / root)


def command(disks: Disks, tpm: bool, snapshot: bool, clock: str) -> list[str]:
    """QEMU's command line; all sockets and logs lie in its working folder. `clock`: QEMU's ``-rtc base``."""
    line = [
        "qemu-system-x86_64", "-machine", "pc,i8042=off,vmport=off", "-accel", "tcg,thread=multi", "-cpu", "max",
        "-smp", "2", "-m", str(MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none",
        "-rtc", f"base={clock},clock=host",
        "-kernel", str(disks.kernel), "-initrd", str(disks.initramfs), "-append", _APPEND,
        "-drive", f"file={disks.root},if=virtio,format=qcow2,discard=unmap",
        "-qmp", _listening("qmp"),
        "-chardev", _chardev("console", "logfile=console.log,logappend=on"), "-serial", "chardev:console",
        "-chardev", _chardev("gnss"), "-serial", "chardev:gnss",
        "-device", "virtio-serial-pci",
        "-chardev", _chardev("agent"), "-device", "virtserialport,chardev=agent,name=kuager.agent",
        "-device", "virtio-rng-pci",
        "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
        "-device", "usb-kbd,bus=xhci.0,port=1,id=reader",
        "-chardev", _chardev("camera"), "-device", "usb-redir,chardev=camera,bus=xhci.0,port=2,id=camera",
    ]  # fmt: skip
    if tpm:
        line += ["-chardev", "socket,id=tpm,path=tpm", "-tpmdev", "emulator,id=tpm,chardev=tpm"]
        line += ["-device", "tpm-tis,tpmdev=tpm"]
    return [*line, "-loadvm", SNAPSHOT] if snapshot else line


def _listening(name: str) -> str:
    return f"unix:{name},server=on,wait=off"


def _chardev(name: str, more: str = "") -> str:
    return f"socket,id={name},path={name},server=on,wait=off" + (f",{more}" if more else "")


class Machine:
    """The QEMU whose sockets lie in `folder`; another process may have started it. Raises EmulatorError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()  # QEMU works in it
        self.qmp = Qmp(self.folder / "qmp")
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, disks: Disks, *, tpm: bool = False, snapshot: bool = False, clock: str = "utc") -> None:
        """Start the processes; the guest is not up yet when this returns."""
        need_tools("qemu-system-x86_64", *(("swtpm",) if tpm else ()))
        if self.running():
            raise EmulatorError(f"an emulated unit runs already in {self.folder}: stop it first")
        if tpm:
            self._start_tpm()
        self.spawn("qemu", command(disks, tpm, snapshot, clock))

    def running(self) -> bool:
        """Whether its QEMU runs."""
        return self.pid("qemu") is not None

    def cut(self) -> None:
        """The power goes: QEMU is killed in the middle of whatever it does, and what was plugged into it goes too."""
        for name in ("qemu", "swtpm", "camera"):
            self.kill(name)

    def stop(self) -> None:
        """End it without harm to its disks, which are not synced by the guest; cut where it does not follow."""
        with contextlib.suppress(EmulatorError):
            if self.running():
                self.qmp.call("quit")
                self._wait_end(lambda: self.pid("qemu") is None)
        self.cut()

    def _start_tpm(self) -> None:
        (self.folder / "tpm-state").mkdir(exist_ok=True)
        self.spawn(
            "swtpm",
            ["swtpm", "socket", "--tpm2", "--tpmstate", "dir=tpm-state", "--ctrl", "type=unixio,path=tpm",
             "--flags", "startup-clear"],
        )  # fmt: skip
        self._wait_end((self.folder / "tpm").exists)

    def spawn(self, name: str, line: Sequence[str]) -> None:
        """Start a process in the folder, known by this name to whoever looks into the folder."""
        with (self.folder / f"{name}.log").open("ab") as log:
            try:
                # Its own session: an interruption at the keyboard is for the harness, which then stops it in order.
                process = subprocess.Popen(
                    line, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            except OSError as error:
                raise EmulatorError(f"{line[0]} can't be started: {error}") from None
        self._children[name] = process
        (self.folder / f"{name}.pid").write_text(f"{process.pid}\n")

    def pid(self, name: str) -> int | None:
        """The process of this name if it is alive."""
        if child := self._children.get(name):
            if child.poll() is None:
                return child.pid
            del self._children[name]  # reaped here: it would else stay as a zombie
        return living(self.folder / f"{name}.pid", self.folder)

    def kill(self, name: str) -> None:
        """Kill the process of this name and wait for its end."""
        if (pid := self.pid(name)) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._wait_end(lambda: self.pid(name) is None)
        (self.folder / f"{name}.pid").unlink(missing_ok=True)

    def _wait_end(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + _QUIT_S
        while not done():
            if time.monotonic() > end:
                raise EmulatorError("QEMU does not end, or its TPM does not begin: see the logs in the run's folder")
            time.sleep(0.01)


def living(pid_file: Path, folder: Path) -> int | None:
    """The process of a pid file, if it is alive and works in `folder`: numbers are used again by others."""
    try:
        pid = int(pid_file.read_text())
        if Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve():
            return pid
    except (OSError, ValueError):
        return None
    return None
