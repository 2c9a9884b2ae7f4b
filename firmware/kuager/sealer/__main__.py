"""Starts the sealer: ``python -m kuager.sealer --settings FILE --run DIR``."""

import argparse
import logging
import signal
import sys
from functools import partial
from pathlib import Path

from kuager import mounts, notify
from kuager.sealer.service import Service
from kuager.settings import load_or_default


def main() -> int:
    """Run until SIGTERM; 0 after an orderly end."""
    parser = argparse.ArgumentParser(prog="kuager.sealer")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="sealer: %(levelname)s %(message)s", stream=sys.stderr)
    settings, _ = load_or_default(arguments.settings)
    service = Service(arguments.run, partial(mounts.device_at, settings.carrier.path))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.close())
    notify.ready()
    service.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
