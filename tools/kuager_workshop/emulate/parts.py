"""What only a build stage can make: kernel modules that Debian's kernel lacks, Python packages that need a compiler.

gpio-sim gives pins, test_power a battery. Both come from Debian's own kernel source of the very kernel in the image.
Python packages are fetched by the host's pip, with the host's settings, so that nothing in the stage needs a network.
"""

import shutil
import sys
from pathlib import Path

from kuager_workshop.emulate import EmulatorError
from kuager_workshop.emulate.stage import chroot, debootstrap, run

PACKAGES = (
    "build-essential", "linux-headers-amd64", "linux-source-6.12", "xz-utils",
    "python3-dev", "python3-pip", "python3-setuptools", "python3-wheel", "swig",
)  # fmt: skip

WHEELS = (
    "picamera2==0.3.38", "simplejpeg==1.9.0", "videodev2==0.0.4", "v4l2-python3==0.3.5", "openexr==3.5.3",
    "gpiozero==2.0.1.post3",
)  # fmt: skip
"""As Raspberry Pi OS has them and Debian has not (gpiozero: Debian's is older than the firmware takes)."""

SOURCES = ("lgpio==0.2.2.0", "PiDNG==4.0.9")
"""Without a wheel for this Python: compiled in the stage."""

_MODULES = {
    "drivers/gpio/gpio-sim.c": "gpio-sim-main.c",
    "kernel/irq/irq_sim.c": "irq_sim.c",
    "drivers/power/supply/test_power.c": "test_power.c",
}
_EDITS = {
    # irq_to_desc is not exported to modules; generic_handle_irq ends in the same flow handler.
    "irq_sim.c": ("handle_simple_irq(irq_to_desc(irqnum))", "generic_handle_irq(irqnum)"),
    # A finger is stronger than the pull-up that a program asks for: only `pull` in sysfs moves a line.
    "gpio-sim-main.c": ("gc->set_config = gpio_sim_set_config;", ""),
}
_MAKEFILE = """\
obj-m := gpio-sim.o test_power.o
gpio-sim-y := gpio-sim-main.o irq_sim.o
ccflags-y := -DCONFIG_IRQ_SIM=1 -Wno-unused-function
"""


def make(out: Path) -> str:
    """Fill `out` with ``modules/*.ko`` and ``dist-packages``; gives the kernel's release. Raises EmulatorError."""
    stage = out / "stage"
    debootstrap(stage, PACKAGES)
    release = _modules(stage, out / "modules")
    _python(stage, out / "dist-packages")
    shutil.rmtree(stage)
    return release


def _modules(stage: Path, out: Path) -> str:
    work = stage / "build"
    work.mkdir()
    names = " ".join(f"linux-source-6.12/{name}" for name in _MODULES)
    chroot(stage, f"cd /build && tar -xf /usr/src/linux-source-6.12.tar.xz {names}")
    for name, target in _MODULES.items():
        text = (work / "linux-source-6.12" / name).read_text()
        if edit := _EDITS.get(target):
            text = replaced(text, *edit)
        (work / target).write_text(text)
    (work / "Makefile").write_text(_MAKEFILE)
    releases = [each.name for each in (stage / "lib/modules").iterdir() if (each / "build").is_symlink()]
    if len(releases) != 1:
        raise EmulatorError(
            f"the build stage has headers of {len(releases)} kernels instead of one: run the build again"
        )
    chroot(stage, f"make -s -C /lib/modules/{releases[0]}/build M=/build modules")
    out.mkdir()
    for module in work.glob("*.ko"):
        shutil.move(module, out)
    return releases[0]


def replaced(text: str, old: str, new: str) -> str:
    """`text` with the one `old` in it replaced. Raises EmulatorError unless there is exactly one."""
    if text.count(old) != 1:
        raise EmulatorError(f"Debian's kernel source has changed: `{old}` was not found once; adapt emulate/parts.py")
    return text.replace(old, new)


def _python(stage: Path, out: Path) -> None:
    fetched = stage / "wheels"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "-d",
        str(fetched),
    ]
    versions = [f"--platform=manylinux_2_{minor}_x86_64" for minor in (17, 28, 34)]
    run([*pip, "--python-version=3.13", "--only-binary=:all:", *versions, "--platform=manylinux2014_x86_64", *WHEELS])
    run([*pip, "--no-binary=:all:", "--no-build-isolation", *SOURCES])
    chroot(
        stage,
        "python3 -m pip install -q --root-user-action=ignore --no-index --no-deps --no-build-isolation "
        "--target /dist-packages /wheels/*",
        {"PYPI": "1"},  # lgpio's own switch: build its C library in
    )
    (stage / "dist-packages").rename(out)
