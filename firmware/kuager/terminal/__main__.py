"""Starts the unit in the terminal: ``python -m kuager.terminal --settings FILE --run DIR``."""

import argparse
import os
import signal
import sys
from pathlib import Path

from kuager import notify
from kuager.board.hand import Hand
from kuager.errors import KuagerError
from kuager.settings import load_or_default
from kuager.terminal.app import UnitApp
from kuager.terminal.check import verdict


def main() -> int:
    """The process's entry; returns its exit code."""
    parser = argparse.ArgumentParser(prog="kuager.terminal")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    arguments = parser.parse_args()
    settings, _ = load_or_default(arguments.settings)
    authority = settings.paths.state / "authority" / "ca.pem"

    def check(path: Path) -> list[str]:
        try:
            return verdict(path, authority, settings.unit.language)
        except (KuagerError, OSError) as error:
            return [str(error)]

    hand = Hand(arguments.run)
    app = UnitApp(
        hand, settings.unit.name, settings.unit.language, check, lambda: os.kill(os.getppid(), signal.SIGTERM)
    )
    hand.start()
    notify.ready()
    app.run()
    hand.close()
    for line in app.results:
        print(line)
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
