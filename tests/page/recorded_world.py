"""A carrier with recordings, and the page's application asked as a server would, on one event loop that lives on."""

import asyncio
import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asgi

from kuager.board.page.app import Page
from kuager.board.page.link import Link
from kuager.settings import Carrier, Paths, Settings
from kuager.settings import Unit as UnitSettings

sys.path.append(str(Path(__file__).parents[1] / "verify"))

from verify_build import BASE_BOOT, BASE_UTC, CHUNK, Maker, Unit, dead, sealed

__all__ = ["BASE_BOOT", "BASE_UTC", "CHUNK", "Answer", "Maker", "Unit", "World", "dead", "held", "sealed"]

LINK = Link(host="127.0.0.1", port=8417, key="k" * 32)
PATIENCE_S = 30


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class World:
    """`unit` signs; its authority is the development authority that the pages trust."""

    def __init__(self, folder: Path, unit: Unit, language: str = "en") -> None:
        self.carrier, self.state = folder / "carrier", folder / "state"
        self.carrier.mkdir()
        self.anchors = self.state / "authority" / "ca.pem"
        self.anchors.parent.mkdir(parents=True)
        self.anchors.write_bytes(unit.anchor)
        settings = Settings(
            carrier=Carrier(path=self.carrier), paths=Paths(state=self.state, run=folder / "run"),
            unit=UnitSettings(language=language, name=unit.name),  # type: ignore[arg-type]
        )  # fmt: skip
        self.app = Page(settings, folder / "run", LINK, lambda: None).app
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self._runner.close()

    def ask(self, path: str, query: str = "", method: str = "GET", **headers: str) -> Answer:
        cookie = f"kuager-{LINK.port}={LINK.key}"
        scope = asgi.scope("http", path, query, host=LINK.place, cookie=cookie, **headers)
        scope["method"] = method
        sent: list[dict[str, Any]] = []
        asked = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if asked:
                return asked.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            sent.append(dict(message))

        async def run() -> None:
            await self.app(scope, receive, send)

        self._runner.run(run())
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(asgi.status(sent), asgi.headers(sent), body)

    def json(self, path: str, query: str = "") -> dict[str, Any]:
        answer = self.ask(path, query)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        told = json.loads(answer.body)
        assert isinstance(told, dict)
        return told

    def verdict(self, name: str, query: str = "") -> dict[str, Any]:
        """The verdict, once it is there."""
        return until(lambda: self.json(f"/recordings/{name}/verdict.json", query), lambda told: "done" not in told)


@contextmanager
def held(carrier: Path) -> Iterator[None]:
    """As a vault holds it."""
    fd = os.open(carrier, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)


def until(ask: Callable[[], dict[str, Any]], good: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE_S
    while not good(told := ask()):
        assert time.monotonic() < end, told
    return told
