"""Records as the rules get them, without bytes, signatures or files around them."""

from typing import Any

import msgspec

from kuager.evidence.journal import Record
from kuager.evidence.records import (
    Body,
    Chapter,
    Chunk,
    Closed,
    Device,
    Died,
    Gap,
    IntervalBegun,
    IntervalEnded,
    Opened,
    Photo,
    Procedure,
    Stamp,
    TornFile,
)
from kuager.evidence.verdict import Finding, Span, Value

ID = bytes(range(16))
LENGTH = 40
"""Bytes of each record; the record of number n stands at byte 100 n."""
SECOND = 1_000_000
UTC_US = 1_795_324_500_000_000  # 2026-11-22T05:15:00Z


def stamp(second: float = 0, step_us: int = 0) -> Stamp:
    """So many seconds after the boot, the clock set on by `step_us`."""
    boot_us = int(second * SECOND)
    return Stamp(boot_us, UTC_US + boot_us + step_us, "synchronised", 1000)


def record(kind: str, body: Body | dict[str, Any], number: int = 1, at: Stamp | None = None) -> Record:
    """A record of this number, made in the second of that number unless `at` says otherwise."""
    plain = body if isinstance(body, dict) else msgspec.to_builtins(body, builtin_types=(bytes,))
    at = at or stamp(number)
    return Record(number, bytes(32), at, kind, plain, None, 100 * number, bytes(LENGTH), bytes(32))


def of_record(code: str, says: str, number: int, file: str, detail: str = "", /, **values: Value) -> Finding:
    """What is found of the record of that number, in its own second."""
    at = stamp(number).utc_us
    return Finding(
        code=code, says=says, values=tuple(values.items()), detail=detail, file=file,
        bytes=Span(100 * number, 100 * number + LENGTH), time=Span(at, at),
    )  # fmt: skip


def opened(**fields: Any) -> Opened:
    fields = {
        "version": 1, "id": ID, "name": "KZ0417-000042-20261122T051500Z", "unit": "KZ0417", "number": 42,
        "boot": bytes(16), "board": "virtual", "firmware": "1", "device": Device(make="a", model="b"), "mode": "video",
        "language": "ru", "procedure": Procedure(id="kz", title="t"), "recording_key": bytes(32),
        "certificates": [b"x"],
    } | fields  # fmt: skip
    return Opened(**fields)


def begun(interval: int = 1) -> IntervalBegun:
    return IntervalBegun(interval=interval, cause="press", streams=["video"], first_us=1, first_utc_us=2)


def ended(interval: int = 1) -> IntervalEnded:
    return IntervalEnded(interval=interval, cause="press", last_us=3, last_utc_us=4)


def chunk(**fields: Any) -> Chunk:
    fields = {
        "file": "video-01.mp4", "interval": 1, "kind": "init", "offset": 0, "length": 10, "sha256": bytes(32),
        "first_us": 1000, "last_us": 1500, "first_utc_us": UTC_US,
    } | fields  # fmt: skip
    return Chunk(**fields)


def photo(**fields: Any) -> Photo:
    fields = {
        "file": "photo-0001.jpg", "interval": 3, "length": 20, "sha256": bytes(32), "at_us": 1, "at_utc_us": UTC_US,
    } | fields  # fmt: skip
    return Photo(**fields)


def gap(interval: int) -> Gap:
    return Gap(interval=interval, stream="video", cause="limit", from_us=1, to_us=2)


def chapter(number: int = 1) -> Chapter:
    return Chapter(chapter=number, item="place", title="Место", at_us=1)


def closed(*missing: str) -> Closed:
    return Closed(cause="heat", dialogue=True, missing=list(missing))


def died(*journals: TornFile, id_: bytes = ID) -> Died:
    return Died(
        version=1, id=id_, boot=bytes(16), cause="power", last=stamp(7), journals=list(journals), certificates=[b"x"]
    )
