"""Wiring pictures: WireViz, with Graphviz, draws each YAML text as SVG and PNG beside it."""

import subprocess
import sys
from pathlib import Path

from PIL import Image

from kuager.errors import HardwareError, UsageError

_WIDTH = 3000  # px of a PNG at most: read on a screen beside the bench
_COLOURS = 128
_TIMEOUT_S = 120


def draw(text: Path) -> list[Path]:
    """Draw one picture. Raises UsageError where WireViz is not installed, HardwareError where it fails."""
    command = [str(Path(sys.executable).with_name("wireviz")), "-f", "ps", str(text)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except FileNotFoundError:
        raise UsageError("WireViz is not here; install kuager[workshop], and graphviz") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise HardwareError(f"{text.name} can't be drawn: {said}")
    png = text.with_suffix(".png")
    with Image.open(png) as image:
        width, height = image.size
        scale = min(1.0, _WIDTH / width)
        small = image.convert("RGB").resize((int(width * scale), int(height * scale)), Image.Resampling.LANCZOS)
        # Median cut would give thin wires no colour of their own.
        small.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE).save(png, optimize=True)
    return [text.with_suffix(".svg"), png]
