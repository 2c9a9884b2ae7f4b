"""Who may use the page: whoever has the link's key, from a browser that was sent here by nobody else.

The link's key becomes a cookie that no script reads and no other site sends. `Host` must be ours (a name that somebody
else's DNS points at this machine is not), and so must a WebSocket's `Origin`. What is served may load nothing from
elsewhere.
"""

import hmac
import ipaddress
from collections.abc import Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kuager.board.page.link import Link

SEALED_IN = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
_NO_KEY = "Open the link that kuager printed: it holds the key to this page.\n"


class Guard:
    """ASGI middleware around all that is served. Cookies know no ports, so ours is named after its port."""

    def __init__(self, app: ASGIApp, link: Link) -> None:
        self._app, self._link = app, link
        self._cookie = f"kuager-{link.port}"
        local = link.everywhere or link.host in ("127.0.0.1", "::1")
        self._places = {link.place, *([f"localhost:{link.port}"] if local else [])}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = self._refusal(scope, headers)
        if answer is None:
            await self._app(scope, receive, _sealing(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "not allowed"})
        else:
            await answer(scope, receive, _sealing(send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """What to answer instead; None: let it through."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return PlainTextResponse("This page is for the machine that it runs on.\n", 421)
        if scope["type"] == "websocket":
            if headers.get("origin", "") != f"http://{host}":
                return PlainTextResponse("", 403)
        elif scope["path"] == "/" and (key := _asked(scope)) is not None:
            return self._let_in(key)
        return None if self._knows(headers.getlist("cookie")) else PlainTextResponse(_NO_KEY, 403)

    def _is_ours(self, host: str) -> bool:
        """Whether a browser reached us by an address of ours; a name can be pointed here by anybody, a number can't."""
        if host in self._places:
            return True
        address, _, port = host.rpartition(":")
        if not self._link.everywhere or port != str(self._link.port):
            return False
        try:
            ipaddress.ip_address(address.removeprefix("[").removesuffix("]"))
        except ValueError:
            return False
        return True

    def _let_in(self, key: str) -> Response:
        if not self._is_key(key):
            return PlainTextResponse(_NO_KEY, 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, self._link.key, httponly=True, samesite="strict")
        return answer

    def _knows(self, cookies: Iterable[str]) -> bool:
        for header in cookies:
            try:
                found = SimpleCookie(header).get(self._cookie)
            except CookieError:
                continue
            if found is not None and self._is_key(found.value):
                return True
        return False

    def _is_key(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self._link.key.encode())


def _asked(scope: MutableMapping[str, Any]) -> str | None:
    return dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("key")


def _sealing(send: Send) -> Send:
    async def sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SEALED_IN.items():
                headers.setdefault(name, value)
        await send(message)

    return sealed
