"""The base: Debian with what Raspberry Pi OS brings for a unit (picamera2, gpiozero, lgpio), its kernel and initramfs.

Nothing in it is ours, so it is made anew only when this recipe or `parts` changes.
"""

import inspect
import shutil
from collections.abc import Callable
from pathlib import Path

from kuager_workshop.emulate import EmulatorError, cache, parts, stage

PACKAGES = (
    "systemd", "systemd-sysv", "udev", "dbus", "kmod", "procps", "iproute2", "util-linux", "libcap2-bin",
    "linux-image-amd64", "initramfs-tools", "e2fsprogs", "dosfstools", "exfatprogs", "chrony", "tpm-udev",
    "dmsetup", "alsa-utils", "libportaudio2", "fonts-dejavu-core", "libcamera-ipa",
    "python3", "python3-numpy", "python3-click", "python3-serial", "python3-evdev", "python3-pyaudio",
    "python3-libcamera", "python3-prctl", "python3-libarchive-c", "python3-av", "python3-pil", "python3-piexif",
    "python3-tqdm", "python3-jsonschema", "python3-colorzero", "python3-rich",
)  # fmt: skip

STEPS = 4
"""How often `build` calls its `step`."""

_DIST_PACKAGES = "usr/local/lib/python3.13/dist-packages"
_INITRAMFS = (
    # Only what finds the root: a third of the usual size, and emulated decompression is slow.
    'mkdir -p "$1/etc/initramfs-tools/conf.d"; echo MODULES=list > "$1/etc/initramfs-tools/conf.d/emulated"; '
    'printf "virtio_pci\\nvirtio_blk\\next4\\n" > "$1/etc/initramfs-tools/modules"'
)
_SETTLE = (
    "echo unit > /etc/hostname; echo '/dev/vda / ext4 rw 0 1' > /etc/fstab; passwd -q -d root; "
    "systemctl mask -q systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer "
    "dpkg-db-backup.timer fstrim.timer systemd-pstore.service e2scrub_reap.service; "
    # Time is set by hand or by a receiver in this machine: it has no network.
    "sed -i -e '/^pool /d' -e '/^sourcedir /d' /etc/chrony/chrony.conf"
)


def key() -> str:
    """Of the base that this code would make."""
    return cache.key([inspect.getsource(module) for module in (parts, inspect.getmodule(key)) if module])


def build(step: Callable[[str], None]) -> Path:
    """The base's folder (``root``, ``vmlinuz``, ``initrd.img``), made if need be in 3 minutes. Raises EmulatorError."""
    return cache.fetch("base", key(), lambda place: _make(place, step))


def _make(place: Path, step: Callable[[str], None]) -> None:
    stage.need_root()
    stage.need_tools("mmdebstrap", "chroot", "apt-get")
    step("compiling kernel modules and Python packages that Debian lacks")
    made = place / "parts"
    made.mkdir()
    release = parts.make(made)
    step("installing Debian")
    root = place / "root"
    stage.debootstrap(root, PACKAGES, [_INITRAMFS])
    step("adding modules, picamera2 and lgpio")
    modules = root / "lib/modules" / release
    if not modules.is_dir():
        raise EmulatorError("Debian's kernel changed between two steps of the build: run the build again")
    shutil.copytree(made / "modules", modules / "updates")
    shutil.copytree(made / "dist-packages", root / _DIST_PACKAGES, dirs_exist_ok=True)
    shutil.rmtree(made)
    stage.chroot(root, f"depmod {release}; {_SETTLE}")
    step("taking the kernel out")
    shutil.copy(root / f"boot/vmlinuz-{release}", place / "vmlinuz")
    shutil.copy(root / f"boot/initrd.img-{release}", place / "initrd.img")
