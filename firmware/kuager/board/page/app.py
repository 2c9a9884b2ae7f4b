"""What the page's process serves: the unit, live; the signals; what was recorded."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from kuager import sockets, wire
from kuager.board.page.drawer import GROUPS, OWN, Drawer
from kuager.board.page.guard import Guard
from kuager.board.page.lesson import teach
from kuager.board.page.link import Link
from kuager.board.page.live import Browser, Hub
from kuager.board.page.recorded import routes as recorded_routes
from kuager.board.page.signalpage import routes as signal_routes
from kuager.board.page.templating import templates
from kuager.catalogue import LANGUAGES
from kuager.catalogue.reading import Reader
from kuager.peer import Down, Heard, Peer, Up
from kuager.settings import Settings

_HERE = Path(__file__).parent
_TOO_MANY, _TOO_SLOW = 1013, 1008  # WebSocket close codes


class Page:
    """The application; `ready` is called once it serves."""

    def __init__(self, settings: Settings, run: Path, link: Link, ready: Callable[[], None]) -> None:
        self._settings, self._run, self._ready = settings, run, ready
        self._templates = templates()
        self._readers = {language: Reader(language) for language in LANGUAGES}
        self.app = Starlette(
            routes=[
                Route("/", self._unit),
                WebSocketRoute("/live", self._live),
                *recorded_routes(self, settings),
                *signal_routes(self, settings),
                Mount("/static", StaticFiles(directory=_HERE / "static")),
            ],
            middleware=[Middleware(Guard, link=link)],
            lifespan=self._life,
        )

    @contextlib.asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        """Connects to the unit as long as the page is served."""
        loop = asyncio.get_running_loop()

        def post(item: Up | Down | Heard) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._hub.heard, item)

        board = Peer("board", sockets.path(self._run, "board"), wire.Decoder(wire.FromBoard), post)
        capture = Peer("capture", sockets.path(self._run, "capture"), wire.Decoder(wire.FromCapture), post)
        drawer = Drawer(self._run, board.send, loop.call_later)
        self._hub = Hub(board.send, lambda on: capture.send(wire.WatchPictures(on=on)), drawer.play)
        board.start()
        capture.start()
        self._ready()
        yield
        board.close()
        capture.close()

    def reader(self, request: Request) -> Reader:
        """The words in the language that was asked for, else the unit's."""
        asked = request.query_params.get("lang", "")
        return self._readers.get(asked) or self._readers[self._settings.unit.language]

    def render(self, request: Request, template: str, **values: Any) -> Response:
        """A page in its language."""
        words = self.reader(request)
        text = self._templates.get_template(template).render(
            t=words, lang=words.language, languages=LANGUAGES, unit=self._settings.unit.name, path=request.url.path,
            **values,
        )  # fmt: skip
        return HTMLResponse(text)

    async def _unit(self, request: Request) -> Response:
        words = self.reader(request)
        names = {group: words.group(group) for group in ("screen", "page", "carrier")}
        lessons = teach(words.language)
        return self.render(request, "unit.html", faults=GROUPS, own=OWN, lessons=lessons, words=names)

    async def _live(self, socket: WebSocket) -> None:
        await socket.accept()  # first: whoever has gone meanwhile must not hold the controls
        browser = self._hub.join()
        if browser is None:
            await socket.close(_TOO_MANY)
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen(socket, browser))
                speaking = tasks.create_task(_speak(socket, browser))
                listening.add_done_callback(lambda _: speaking.cancel())
                speaking.add_done_callback(lambda _: listening.cancel())
        finally:
            self._hub.leave(browser)

    async def _listen(self, socket: WebSocket, browser: Browser) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            async for text in socket.iter_text():
                self._hub.wish(browser, text)


async def _speak(socket: WebSocket, browser: Browser) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while (message := await browser.next()) is not None:
            await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))
        await socket.close(_TOO_SLOW)
