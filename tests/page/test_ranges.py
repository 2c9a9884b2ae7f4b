"""Files over HTTP: the right bytes of the right length, whatever is asked for."""

import asyncio
import os
from pathlib import Path
from typing import Any

import asgi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from kuager.board.page.ranges import FileAnswer, Part, wanted
from kuager.errors import CarrierError

DATA = bytes(range(256)) * 4000  # more than one piece


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, Part(0, 100, False)),
        ("bytes=0-", Part(0, 100, True)),
        ("bytes=0-0", Part(0, 1, True)),
        ("bytes=10-19", Part(10, 20, True)),
        ("bytes= 10-19 ", Part(10, 20, True)),
        ("bytes=99-", Part(99, 100, True)),
        ("bytes=90-1000000", Part(90, 100, True)),
        ("bytes=-10", Part(90, 100, True)),
        ("bytes=-1000", Part(0, 100, True)),
        ("bytes=100-", None),
        ("bytes=100-200", None),
        ("bytes=-0", None),
        ("bytes=20-10", Part(0, 100, False)),
        ("bytes=-", Part(0, 100, False)),
        ("bytes=0-1,5-6", Part(0, 100, False)),
        ("bytes=a-b", Part(0, 100, False)),
        ("lines=0-1", Part(0, 100, False)),
        ("bytes=٠-١", Part(0, 100, False)),
        ("bytes=" + "9" * 5000 + "-", Part(0, 100, False)),
        ("", Part(0, 100, False)),
    ],
)
def test_what_a_range_header_asks_for(header: str | None, part: Part | None) -> None:
    assert wanted(header, 100) == part


@given(st.text(max_size=40) | st.from_regex(r"bytes=[0-9]{0,5}-[0-9]{0,5}", fullmatch=True), st.integers(0, 5000))
def test_whatever_is_asked_for_lies_within_the_file(header: str, length: int) -> None:
    part = wanted(header, length)
    assert part is None or 0 <= part.begin <= part.end <= length
    assert part is None or not part.partial or part.begin < part.end


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "video-01.mp4"
    path.write_bytes(DATA)
    return path


class Asked:
    """One request for the file, of which `length` bytes count."""

    def __init__(self, file: Path, length: int = len(DATA), method: str = "GET", **headers: str) -> None:
        self.fd = os.open(file, os.O_RDONLY)
        scope = asgi.scope("http", "/", "", **headers)
        scope["method"] = method
        self.sent: list[dict[str, Any]] = []
        self.gone_after = 1_000_000  # messages

        async def receive() -> dict[str, Any]:
            if len(self.sent) >= self.gone_after:
                return {"type": "http.disconnect"}
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            self.sent.append(dict(message))

        answer = FileAnswer(Request(scope, receive), self.fd, length, {"content-type": "video/mp4"})
        self.run = lambda: asyncio.run(answer(scope, receive, send))

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    def is_closed(self) -> bool:
        try:
            os.fstat(self.fd)
        except OSError:
            return True
        return False


def got(*arguments: Any, **more: Any) -> tuple[int, dict[str, str], bytes]:
    asked = Asked(*arguments, **more)
    asked.run()
    assert asked.is_closed()
    assert asked.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    headers = asgi.headers(asked.sent)
    if asked.body:
        assert int(headers["content-length"]) == len(asked.body)
    return asgi.status(asked.sent), headers, asked.body


def test_a_whole_file(file: Path) -> None:
    status, headers, body = got(file)
    assert (status, body) == (200, DATA)
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-type"] == "video/mp4"
    assert "content-range" not in headers


def test_a_range_that_spans_pieces(file: Path) -> None:
    status, headers, body = got(file, range="bytes=1000-700000")
    assert (status, body) == (206, DATA[1000:700001])
    assert headers["content-range"] == f"bytes 1000-700000/{len(DATA)}"


def test_only_what_is_proven_exists(file: Path) -> None:
    assert got(file, 5000)[2] == DATA[:5000]
    status, headers, body = got(file, 5000, range="bytes=4990-")
    assert (status, headers["content-range"], body) == (206, "bytes 4990-4999/5000", DATA[4990:5000])
    status, headers, body = got(file, 5000, range="bytes=5000-")
    assert (status, headers["content-range"], body) == (416, "bytes */5000", b"")


def test_nothing_of_nothing(file: Path) -> None:
    assert got(file, 0)[0] == 200
    assert got(file, 0, range="bytes=0-")[0] == 416


def test_head_gives_the_length_and_no_byte(file: Path) -> None:
    status, headers, body = got(file, method="HEAD", range="bytes=5-6")
    assert (status, headers["content-length"], body) == (200, str(len(DATA)), b"")


def test_a_range_of_another_version_of_the_file_is_the_whole_file(file: Path) -> None:
    tag = got(file)[1]["etag"]
    assert got(file, range="bytes=0-9", if_range=tag)[0] == 206
    assert got(file, range="bytes=0-9", if_range='"another"')[0] == 200


def test_reading_stops_when_nobody_listens(file: Path) -> None:
    asked = Asked(file)
    asked.gone_after = 2
    asked.run()
    assert len(asked.sent) == 2
    assert asked.is_closed()


def test_a_file_that_becomes_shorter_breaks_off(file: Path) -> None:
    asked = Asked(file)
    os.truncate(file, 300_000)
    with pytest.raises(CarrierError):
        asked.run()
    assert asked.body == DATA[:300_000]
    assert asked.sent[-1]["more_body"]
    assert asked.is_closed()
