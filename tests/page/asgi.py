"""Asks an ASGI application as a server would, without one."""

import asyncio
from typing import Any

from starlette.types import ASGIApp


def scope(kind: str, path: str = "/", query: str = "", **headers: str) -> dict[str, Any]:
    return {
        "type": kind, "path": path, "raw_path": path.encode(), "query_string": query.encode(), "method": "GET",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http", "server": ("127.0.0.1", 8417), "client": ("127.0.0.1", 50000), "root_path": "",
        "http_version": "1.1", "subprotocols": [], "app": None, "state": {},
    }  # fmt: skip


def ask(app: ASGIApp, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """All that the application sends."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def run() -> None:
        await app(asked, receive, send)

    asyncio.run(run())
    return sent


def status(sent: list[dict[str, Any]]) -> int:
    return int(sent[0]["status"])


def headers(sent: list[dict[str, Any]]) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
