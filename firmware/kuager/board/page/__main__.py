"""Starts the page's process: ``python -m kuager.board.page --settings FILE --run DIR``."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import uvicorn

from kuager import notify
from kuager.board.page import link
from kuager.board.page.app import Page
from kuager.errors import KuagerError
from kuager.settings import load_or_default

_log = logging.getLogger("kuager.page")
_FAREWELL_S = 2


async def serve(page: Page, place: link.Link) -> None:
    """Until SIGTERM."""
    config = uvicorn.Config(
        page.app, lifespan="on", log_config=None, access_log=False, server_header=False, date_header=False,
        ws="websockets-sansio", ws_max_size=4096, timeout_graceful_shutdown=_FAREWELL_S,
    )  # fmt: skip
    with link.listen(place.host, place.port) as listener:
        listener.setblocking(False)
        await uvicorn.Server(config).serve(sockets=[listener])


def main() -> int:
    """The process's entry; returns its exit code."""
    parser = argparse.ArgumentParser(prog="kuager.board.page")
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="page: %(levelname)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    settings, _ = load_or_default(arguments.settings)
    try:
        place = link.load(arguments.run)
        asyncio.run(serve(Page(settings, arguments.run, place, notify.ready), place))
    except KuagerError as error:
        _log.error("%s", error)
        return error.exit_code
    except OSError as error:
        _log.error("the page can't be shown at %s, port %d: %s", place.host, place.port, error.strerror)
        return 70
    return 0


if __name__ == "__main__":
    sys.exit(main())
