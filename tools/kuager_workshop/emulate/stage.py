"""Root file systems made on the host: mmdebstrap, and commands run in them by chroot. Needs root.

Debian's mirror is the one the host itself uses; no address is written down here.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from kuager_workshop.emulate import EmulatorError

SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR_VARIABLE = "KUAGER_DEBIAN_MIRROR"

_TAIL = 15  # lines of a failed command's output that its error shows


def need_tools(*tools: str) -> None:
    """Raises EmulatorError unless all of these programs are installed."""
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        raise EmulatorError(f"{', '.join(missing)} not found: install the packages that README.md of emulate lists")


def need_root() -> None:
    """Raises EmulatorError unless this is root."""
    if os.geteuid() != 0:
        raise EmulatorError("making a root file system needs root: run this command once as root, or with sudo")


def mirror() -> str:
    """The address of the Debian mirror that this host's apt uses, or the one in `MIRROR_VARIABLE`."""
    if given := os.environ.get(MIRROR_VARIABLE):
        return given
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    targets = run(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)"])
    for line in targets.splitlines():
        site, _, release = line.partition(" ")
        if release == codename and site.rstrip("/").endswith("/debian"):
            return site
    raise EmulatorError(f"apt names no Debian mirror on this machine: set {MIRROR_VARIABLE} to the address of one")


def debootstrap(target: Path, packages: Sequence[str], hooks: Sequence[str] = ()) -> None:
    """Make a minimal Debian with these packages. `hooks`: shell, before anything is installed; ``$1`` is the root."""
    source = f"deb [signed-by={KEYRING}] {mirror()} {SUITE} main"
    run(
        [
            "mmdebstrap", "--mode=root", "--variant=minbase", "--quiet", f"--include={','.join(packages)}",
            *(f"--setup-hook={hook}" for hook in hooks), SUITE, str(target), source,
        ]
    )  # fmt: skip


def chroot(root: Path, command: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a shell command inside `root`; gives what it printed. Raises EmulatorError."""
    settled = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    return run(["chroot", str(root), "/bin/sh", "-euc", command], environment={**settled, **(environment or {})})


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a program; gives what it printed. Raises EmulatorError with the last lines where it fails."""
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
        )
    except OSError as error:
        raise EmulatorError(f"{command[0]} can't be started: {error}") from None
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-_TAIL:])
        raise EmulatorError(f"{' '.join(command[:2])} failed with code {done.returncode}; it last said:\n{said}")
    return done.stdout


def remove_tree(path: Path) -> None:
    """Delete a root file system, whatever is in it; no error where there is none."""
    shutil.rmtree(path, ignore_errors=True)
