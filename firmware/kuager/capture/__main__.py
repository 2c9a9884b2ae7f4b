"""``python -m kuager.capture --settings FILE --run DIR``: the capture process."""

import argparse
import logging
import os
import sys
from pathlib import Path

import av.logging

from kuager.capture.service import Service
from kuager.settings import load_or_default


def main() -> int:
    """Run until SIGTERM; 0 after an orderly end."""
    parser = argparse.ArgumentParser(prog="kuager.capture", description="Camera and microphone to the vault.")
    parser.add_argument("--settings", type=Path, required=True, help="the unit's settings file")
    parser.add_argument("--run", type=Path, required=True, help="the folder with the processes' sockets")
    arguments = parser.parse_args()
    logging.basicConfig(format="capture: %(levelname)s %(message)s", level=logging.INFO)
    av.logging.set_level(av.logging.ERROR)
    logging.getLogger("picamera2").setLevel(logging.WARNING)
    settings, complaint = load_or_default(arguments.settings)
    if complaint:
        logging.warning("%s", complaint)
    return Service(settings, arguments.run).serve()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # What libraries do at the interpreter's end may wait for ever for a driver that hangs, or end in a crash.
    os._exit(code)
