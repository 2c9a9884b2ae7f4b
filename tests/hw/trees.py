"""Reads a compiled device tree by `fdtget`: what is in a node, in the words of the source."""

import subprocess
from pathlib import Path

_BASE = """\
/dts-v1/;
/ {
	compatible = "%s";
	soc {
		gpio: gpio@7e200000 { compatible = "%s"; };
		i2c_arm: i2c@7e804000 { status = "disabled"; };
	};
};
"""


def compile_source(source: Path, made: Path) -> str:
    """Compile with symbols; gives what dtc complains of."""
    command = ["dtc", "-@", "-I", "dts", "-O", "dtb", "-o", str(made), str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stderr


def merged(overlay: Path, machine: str, controller: str, folder: Path) -> Path:
    """The overlay laid over a base tree that has a Raspberry Pi's labels, as its firmware does at boot."""
    source, base, whole = folder / "base.dts", folder / "base.dtb", folder / "whole.dtb"
    source.write_text(_BASE % (machine, controller))
    subprocess.run(["dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", base, source], check=True, timeout=30)
    subprocess.run(["fdtoverlay", "-i", base, "-o", whole, overlay], check=True, timeout=30)
    return whole


def cells(tree: Path, node: str, name: str) -> list[int]:
    """A property's numbers."""
    return [int(each) for each in _get(tree, ["-t", "u"], node, name).split()]


def words(tree: Path, node: str, name: str) -> list[str]:
    """A property's strings."""
    return _get(tree, ["-t", "s"], node, name).split()


def children(tree: Path, node: str) -> list[str]:
    """Names of the nodes below."""
    return subprocess.run(
        ["fdtget", "-l", tree, node], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()  # fmt: skip


def _get(tree: Path, options: list[str], node: str, name: str) -> str:
    command = ["fdtget", *options, str(tree), node, name]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
