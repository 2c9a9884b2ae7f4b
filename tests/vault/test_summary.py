"""What a manifest says of a recording, gathered from its records."""

import hashlib
from typing import Any

import msgspec
import pytest

from kuager.evidence import manifest
from kuager.evidence.manifest import File, Interval, Manifest
from kuager.evidence.records import (
    Chapter,
    Checkpoint,
    Chunk,
    Closed,
    Continues,
    Device,
    Died,
    Event,
    IntervalBegun,
    IntervalEnded,
    Opened,
    Photo,
    Previous,
    Procedure,
    Stamp,
)
from kuager.vault.summary import Summary

ID, OTHER, HEAD = bytes(range(16)), bytes(range(16, 32)), bytes(range(32))
UTC_US = 1_795_324_500_000_000
CAMERA, LATER_CAMERA = Device(make="Raspberry Pi", model="imx708"), Device(make="any", model="other")
MICROPHONE, LATER_MICROPHONE = Device(make="any", model="i2s"), Device(make="any", model="usb")
FIRST, SECOND = Procedure(id="kz-2012-68", title="Instruction"), Procedure(id="kz-2012-68", title="Search")


def stamp(seconds: int) -> Stamp:
    """So many seconds after the opening, each with an uncertainty of its own."""
    return Stamp(60_000_000 + seconds * 1_000_000, UTC_US + seconds * 1_000_000, "synchronised", 100 + seconds)


OPENED = Opened(
    version=1,
    id=ID,
    name="KZ0417-000042-20261122T051500Z",
    unit="KZ0417",
    number=42,
    boot=OTHER,
    board="pi-4",
    firmware="0.1.0",
    device=Device(make="Kuager", model="Raspberry Pi 4"),
    carrier=Device(make="SanDisk", model="SD64G", serial="0x1"),
    mode="video",
    language="kk",
    procedure=FIRST,
    operator="7",
    recording_key=bytes(32),
    certificates=[b"certificate"],
    previous=Previous(number=41, id=OTHER, head=HEAD),
    continues=Continues(id=OTHER, head=HEAD, cause="power", until_utc_us=UTC_US - 1),
)
BEGUN = IntervalBegun(
    interval=1, cause="press", streams=["video", "sound"], first_us=59_000_000, first_utc_us=UTC_US - 1_000_000
)
ENDED = IntervalEnded(interval=1, cause="closing", last_us=70_000_000, last_utc_us=UTC_US + 10_000_000)
CLOSED = Closed(cause="closing", dialogue=True, missing=["sound from 05:15:01"])
DIED = Died(version=1, id=ID, boot=OTHER, cause="power", last=stamp(9), journals=[], certificates=[b"certificate"])
FILES = [
    File(name=name, format="video/mp4", bytes=9, proven=8, sha256=HEAD) for name in ("video-02.mp4", "video-01.mp4")
]


def chunk(file: str, offset: int, **fields: Any) -> Chunk:
    """Half a second from the eleventh second on."""
    usual: dict[str, Any] = {
        "interval": 1, "kind": "fragment", "length": 10, "sha256": HEAD,
        "first_us": 70_500_000, "last_us": 71_000_000, "first_utc_us": UTC_US + 20_000_000,
    }  # fmt: skip
    return Chunk(file=file, offset=offset, **(usual | fields))


def summary(*bodies: Any, opened: Opened = OPENED) -> Summary:
    """Of these records, one a second."""
    made = Summary(opened, stamp(0))
    for seconds, body in enumerate(bodies, 1):
        made.add(body, stamp(seconds))
    return made


def told(made: Summary) -> Manifest:
    return made.manifest(FILES, ["append-only"], HEAD, 77)


def test_a_manifest_says_all_that_the_records_of_a_closed_recording_say() -> None:
    chapter = Chapter(chapter=1, item="place", title="Place", at_us=61_000_000)
    begun = msgspec.structs.replace(BEGUN, camera=CAMERA, microphone=MICROPHONE)
    procedure = Event(code="procedure", data={"id": "kz-2012-68", "title": "Search"})
    made = summary(begun, chunk("video-01.mp4", 0, kind="init"), chapter, procedure, Checkpoint(), ENDED, CLOSED)
    listed = sorted(FILES, key=lambda file: file.name)
    sums = hashlib.sha256(manifest.sums_text(listed).encode()).hexdigest()
    assert told(made) == Manifest(
        version=1,
        id=ID,
        name=OPENED.name,
        unit="KZ0417",
        number=42,
        board="pi-4",
        firmware="0.1.0",
        device=OPENED.device,
        camera=CAMERA,
        microphone=MICROPHONE,
        carrier=OPENED.carrier,
        mode="video",
        language="kk",
        procedure=SECOND,
        operator="7",
        opened=stamp(0),
        ending="closed",
        cause="closing",
        dialogue=True,
        missing=["sound from 05:15:01"],
        ended=stamp(7),
        intervals=[
            Interval(
                interval=1,
                streams=["video", "sound"],
                begun="press",
                ended="closing",
                first_us=59_000_000,
                first_utc_us=UTC_US - 1_000_000,
                last_us=70_000_000,
                last_utc_us=UTC_US + 10_000_000,
                state="synchronised",
                uncertainty_us=101,
                files=["video-01.mp4"],
            )
        ],
        files=listed,
        chapters=[chapter],
        protections=["append-only"],
        head=HEAD,
        records=77,
        sums=sums,
        previous=OPENED.previous,
        continues=OPENED.continues,
    )


def test_a_death_ends_what_was_running_at_its_last_fragment() -> None:
    made = told(summary(BEGUN, chunk("video-01.mp4", 0), DIED))
    assert (made.ending, made.cause, made.dialogue, made.missing, made.ended) == ("died", "power", False, [], stamp(9))
    interval = made.intervals[0]
    assert (interval.ended, interval.last_us, interval.last_utc_us) == ("power", 71_000_000, UTC_US + 20_500_000)


@pytest.mark.parametrize("bodies", [(), (chunk("video-01.mp4", 0, kind="init"),)])
def test_an_interval_without_a_fragment_ends_where_it_began(bodies: tuple[Chunk, ...]) -> None:
    interval = told(summary(BEGUN, *bodies, DIED)).intervals[0]
    assert (interval.last_us, interval.last_utc_us) == (BEGUN.first_us, BEGUN.first_utc_us)


def test_an_interval_that_nothing_ended_before_the_next_one_was_ended_by_software() -> None:
    second = msgspec.structs.replace(BEGUN, interval=2, cause="camera")
    made = told(summary(BEGUN, chunk("video-01.mp4", 0), second, chunk("video-02.mp4", 0), ENDED, CLOSED))
    assert [(each.interval, each.ended, each.files) for each in made.intervals] == [
        (1, "software", ["video-01.mp4"]), (2, "closing", ["video-02.mp4"]),
    ]  # fmt: skip


def test_the_devices_are_those_that_were_known_first() -> None:
    first = msgspec.structs.replace(BEGUN, camera=CAMERA, microphone=MICROPHONE)
    later = msgspec.structs.replace(BEGUN, interval=2, camera=LATER_CAMERA, microphone=LATER_MICROPHONE)
    for bodies in ((BEGUN, first, later), (first, BEGUN, later)):
        made = told(summary(*bodies, CLOSED))
        assert (made.camera, made.microphone) == (CAMERA, MICROPHONE)
    known = msgspec.structs.replace(OPENED, camera=CAMERA, microphone=MICROPHONE)
    made = told(summary(later, CLOSED, opened=known))
    assert (made.camera, made.microphone) == (CAMERA, MICROPHONE)


def test_each_file_is_proven_up_to_its_last_record() -> None:
    photo = Photo(file="photo-0001.jpg", interval=1, length=44, sha256=HEAD, at_us=3, at_utc_us=4)
    made = summary(BEGUN, chunk("video-01.mp4", 0), chunk("video-01.mp4", 10), chunk("video-02.mp4", 0), photo)
    assert made.proven == {"video-01.mp4": 20, "video-02.mp4": 10, "photo-0001.jpg": 44}


def test_a_file_is_listed_once_for_an_interval() -> None:
    made = told(summary(BEGUN, chunk("video-01.mp4", 0), chunk("video-01.mp4", 10), ENDED, CLOSED))
    assert made.intervals[0].files == ["video-01.mp4"]


def test_an_event_that_is_no_procedure_restates_nothing() -> None:
    for event in (
        Event(code="procedure", data={"id": 5}),
        Event(code="press", data={"id": "kz-2012-68", "title": "Search"}),
    ):
        assert told(summary(event, CLOSED)).procedure == FIRST


def test_a_manifest_lists_no_more_than_it_may_hold() -> None:
    chapters = [Chapter(chapter=at, item="place", title="Place", at_us=at) for at in range(1, 1026)]
    assert told(summary(*chapters, CLOSED)).chapters == chapters[:1024]
    pairs = [
        (msgspec.structs.replace(BEGUN, interval=at), msgspec.structs.replace(ENDED, interval=at))
        for at in range(1, 1026)
    ]
    made = told(summary(*[body for pair in pairs for body in pair], CLOSED))
    assert [each.interval for each in made.intervals] == list(range(1, 1025))
    files = [f"video-{at:04d}.mp4" for at in range(1, 1026)]
    made = told(summary(BEGUN, *[chunk(file, 0) for file in files], ENDED, CLOSED))
    assert made.intervals[0].files == files[:1024]
