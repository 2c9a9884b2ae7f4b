"""Carriers as image files: made on the host, plugged into the machine's USB as disks, read on the host afterwards.

An image is opened past the host's page cache: what the guest was told is written, is in the file when the power goes.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Literal

from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.qmp import Qmp
from kuager_workshop.emulate.stage import need_tools, run

Kind = Literal["kuager", "blank", "foreign", "tiny"]
"""Ready for the unit; never formatted; somebody's camera card; ready but as good as full."""

LABEL = "KUAGER"
MIB = 1 << 20

_SIZES: dict[Kind, int] = {"kuager": 512 * MIB, "blank": 64 * MIB, "foreign": 64 * MIB, "tiny": 8 * MIB}
_FOREIGN_FILE = ("DCIM/IMG_0001.TXT", b"Somebody's holiday.\n")
_NODE = "image-"


def make(image: Path, kind: Kind = "kuager", size: int | None = None) -> Path:
    """A new image of a carrier, in place of an older one; `size` in bytes. Raises EmulatorError."""
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        os.truncate(file.fileno(), size or _SIZES[kind])
    if kind in ("kuager", "tiny"):
        need_tools("mke2fs")
        run(["mke2fs", "-q", "-t", "ext4", "-O", "verity", "-m", "0", "-E", "root_owner=0:0", "-L", LABEL, str(image)])
    elif kind == "foreign":
        need_tools("mkfs.vfat", "mmd", "mcopy")
        run(["mkfs.vfat", "-n", "HOLIDAY", str(image)])
        name, data = _FOREIGN_FILE
        run(["mmd", "-i", str(image), f"::{Path(name).parent}"])
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            run(["mcopy", "-i", str(image), file.name, f"::{name}"])
    return image


def read(image: Path, folder: Path) -> str:
    """Copy what is on an ext4 carrier into an empty `folder`; gives what the check of the file system said.

    A copy of the image is checked and repaired as at mounting (its journal is replayed), and read without mounting; the
    image itself stays as it was. Raises EmulatorError where the file system can't be repaired without asking.
    """
    need_tools("e2fsck", "debugfs")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=image.parent) as work:
        copy = Path(work) / "image"
        run(["cp", "--sparse=always", "--reflink=auto", str(image), str(copy)])
        # e2fsck's code 1 says that it has repaired something, which is what it is called for.
        said = run(["sh", "-c", 'e2fsck -fp "$1" || [ $? -eq 1 ]', "e2fsck", str(copy)])
        run(["sh", "-c", 'cd "$2" && debugfs -R "rdump / ." "$1"', "debugfs", str(copy), str(folder.resolve())])
    shutil.rmtree(folder / "lost+found", ignore_errors=True)
    return said


def insert(qmp: Qmp, image: Path, name: str) -> None:
    """Plug an image in as a USB disk of this name. Raises EmulatorError."""
    if not image.is_file():
        raise EmulatorError(f"{image}: there is no such carrier: make one first")
    file = {"driver": "file", "filename": str(image.resolve()), "cache": {"direct": True, "no-flush": False}}
    cache = {"direct": True, "no-flush": False}
    qmp.call("blockdev-add", node_name=_NODE + name, driver="raw", file=file, cache=cache)
    try:
        # A serial of its own, so that the guest knows a carrier again, and does not take another one for it.
        qmp.call("device_add", driver="usb-storage", id=name, drive=_NODE + name, bus="xhci.0", serial=name)
    except EmulatorError:
        qmp.call("blockdev-del", node_name=_NODE + name)
        raise


def pull(qmp: Qmp, name: str) -> None:
    """Pull a carrier out, whatever is being written. Raises EmulatorError where none of this name is in."""
    qmp.call_until("DEVICE_DELETED", name, "device_del", id=name)
    qmp.call("blockdev-del", node_name=_NODE + name)
