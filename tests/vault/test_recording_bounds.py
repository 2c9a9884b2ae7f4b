"""A recording's bounds, when its batches are due, and what the end of an interval says."""

import errno
from collections.abc import Callable
from typing import Any

import pytest
from vault_world import PROCEDURE, World, fragment_chunk, init_chunk

from kuager import wire
from kuager.evidence import manifest
from kuager.evidence.records import Battery, Chapter, Event, IntervalEnded, Procedure
from kuager.vault import recording as module
from kuager.vault.faults import Fault
from kuager.vault.recording import Recording

JPEG = b"\xff\xd8\xff\xd9"
NOTE = wire.Note(type="event", body={"code": "x"})


def open_recording(world: World) -> Recording:
    world.open()
    recording = world.vault._desk.recording
    assert recording is not None
    return recording


def durable(world: World) -> int:
    return len(world.control.all(wire.Durable))


def at(world: World, boot_us: int) -> int:
    """Batches made once the vault's thread has run at this moment."""
    world.clock.boot_us = boot_us
    world.vault.tick()
    return durable(world)


def take(world: World, number: int, **fields: Any) -> str:
    """Begin a take and end it; why it was refused, if it was."""
    before = len(world.media.all(wire.Refused))
    world.begin(world.control.last(wire.Opened), number, **fields)
    world.end(number)
    refused = world.media.all(wire.Refused)[before:]
    return refused[0].reason if refused else ""


# bounds


def test_a_recording_has_so_many_intervals(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_INTERVALS", 2)
    open_recording(world)
    assert [take(world, number) for number in (1, 2, 3)] == ["", "", "a recording has at most 2 intervals"]


def test_a_recording_has_so_many_chapters_and_any_number_of_other_notes(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_CHAPTERS", 2)
    opened = world.open()
    chapters = [Chapter(chapter=number, item="time", title="Time", at_us=number) for number in (1, 2, 3)]
    for _ in range(3):
        world.say(wire.Note(type="battery", body={"percent": 50}))
    for chapter in chapters:
        body = {"chapter": chapter.chapter, "item": "time", "title": "Time", "at_us": chapter.at_us}
        world.say(wire.Note(type="chapter", body=body))
    assert world.control.all(wire.VaultTrouble) == [
        wire.VaultTrouble(code="refused", reason="a recording has at most 2 chapters")
    ]  # fmt: skip
    world.close()
    assert world.told(opened.name, "chapter") == chapters[:2]
    assert world.told(opened.name, "battery") == [Battery(percent=50)] * 3


def test_a_recording_has_so_many_photographs(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_PHOTOS", 2)
    opened = world.open()
    for _ in range(3):
        world.hear(wire.Still, recording=opened.id, data=JPEG, at_us=1, at_utc_us=1)
    assert [each.reason for each in world.media.all(wire.Refused)] == ["a recording has at most 2 photographs"]
    world.close()
    assert [photo.file for photo in world.told(opened.name, "photo")] == ["photo-0001.jpg", "photo-0002.jpg"]


def test_a_recording_has_so_many_media_files(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_MEDIA", 2)
    opened = world.open()
    world.begin(opened)
    for file in range(3):
        world.init(file=file)
    assert [each.reason for each in world.media.all(wire.Refused)] == ["a recording has at most 2 media files"]
    names = sorted(path.name for path in (world.carrier / opened.name).glob("video-*"))
    assert names == ["video-01.mp4", "video-02.mp4"]


def test_what_is_for_another_recording_is_refused(world: World):
    world.open()
    other = {"recording": bytes(16)}
    world.hear(wire.Still, data=JPEG, at_us=1, at_utc_us=1, **other)
    world.hear(wire.TakeBegin, take=1, cause="press", streams=["video"], first_us=1, first_utc_us=1, **other)
    assert [each.reason for each in world.media.all(wire.Refused)] == [
        "the photograph is for another recording", "the take is for another recording",
    ]  # fmt: skip


def test_a_photograph_is_protected_as_soon_as_it_is_there(world: World, monkeypatch: pytest.MonkeyPatch):
    levels: list[tuple[str, str]] = []
    opened = world.open()
    monkeypatch.setattr(world.files, "protect", lambda path, level: levels.append((path, level)))
    world.hear(wire.Still, recording=opened.id, data=JPEG, at_us=1, at_utc_us=1)
    assert levels == [(f"{opened.name}/photo-0001.jpg", "immutable")]


# notes


def test_a_note_that_is_not_what_its_type_asks_for_is_refused_with_why(world: World):
    opened = world.open()
    world.say(wire.Note(type="battery", body={"percent": 101}))
    assert world.control.all(wire.VaultTrouble) == [
        wire.VaultTrouble(code="refused", reason="battery: Expected `int` <= 100 - at `$.percent`")
    ]  # fmt: skip
    world.close()
    assert world.told(opened.name, "battery") == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "other"}, "the recording goes by kz-2012-68, not by other"),
        ({"title": "Other"}, "the recording goes by kz-2012-68, not by kz-2012-68"),
    ],
)
def test_a_recordings_procedure_is_never_another(world: World, changes: dict[str, str], reason: str):
    opened = world.open(procedure=PROCEDURE)
    world.say(wire.SetProcedure(procedure=Procedure(**({"id": PROCEDURE.id, "title": PROCEDURE.title} | changes))))
    assert world.control.all(wire.VaultTrouble) == [wire.VaultTrouble(code="refused", reason=reason)]
    world.close()
    assert world.told(opened.name, "event") == []


def test_a_kind_of_action_that_became_known_later_is_an_event(world: World):
    opened = world.open(procedure=PROCEDURE)
    known = Procedure(id=PROCEDURE.id, title=PROCEDURE.title, action="search", action_stated="chosen")
    world.say(wire.SetProcedure(procedure=known))
    world.close()
    data = {"id": "kz-2012-68", "title": "Instruction", "citation": "", "action": "search", "action_stated": "chosen",
            "witnesses": "not-obligatory"}  # fmt: skip
    assert world.told(opened.name, "event") == [Event(code="procedure", data=data)]


# batches


def test_nothing_to_write_is_never_due(world: World):
    recording = open_recording(world)
    assert recording.due_us is None
    assert not recording.due(world.clock.boot_us + 3_600_000_000)


def test_a_fragment_is_waited_for_shorter_than_what_is_said_beside(world: World):
    world.open()
    world.record(world.control.last(wire.Opened), 1)
    begun = world.clock.boot_us
    assert durable(world) == 1
    world.say(NOTE)
    assert world.vault._desk.recording is not None
    assert world.vault._desk.recording.due_us == begun + 450_000
    times = {"first_us": begun, "last_us": begun}
    world.hear(wire.Fragment, take=1, file=0, kind="fragment", data=fragment_chunk(1), first_utc_us=1, **times)
    assert world.vault._desk.recording.due_us == begun + 100_000
    assert [at(world, begun + 99_999), at(world, begun + 100_000)] == [1, 2]
    world.say(NOTE)
    assert world.vault._desk.recording.due_us == begun + 550_000


@pytest.mark.parametrize(
    ("batch_us", "pause_us"), [(0, 100_000), (100_001, 100_001), (300_000, 300_000), (2_000_000, 450_000)]
)
def test_after_a_slow_batch_as_long_is_waited_within_bounds(
    world: World, monkeypatch: pytest.MonkeyPatch, batch_us: int, pause_us: int
):
    def slowly(handle: int) -> None:
        if not slow:
            slow.append(handle)
            world.clock.boot_us += batch_us

    slow: list[int] = []
    files = world.files
    assert files is not None
    sync = files.sync
    recording = open_recording(world)
    monkeypatch.setattr(files, "sync", lambda handle: (slowly(handle), sync(handle))[1])
    world.record(world.control.last(wire.Opened), 1)
    ended_us = world.clock.boot_us
    times = {"first_us": ended_us, "last_us": ended_us, "first_utc_us": 1}
    world.hear(wire.Fragment, take=1, file=0, kind="fragment", data=fragment_chunk(1), **times)
    assert recording.due_us == ended_us + pause_us


def say_end(world: World, _: wire.Opened) -> None:
    world.end()


def say_photo(world: World, opened: wire.Opened) -> None:
    world.hear(wire.Still, recording=opened.id, data=JPEG, at_us=1, at_utc_us=1)


def say_much(world: World, _: wire.Opened) -> None:
    for _ in range(512):
        world.say(NOTE)


@pytest.mark.parametrize("say", [say_end, say_photo, say_much])
def test_what_must_not_wait_is_durable_at_once(world: World, say: Callable[[World, wire.Opened], None]):
    opened = world.open()
    world.record(opened, 1)
    before = durable(world)
    say(world, opened)
    assert durable(world) == before + 1
    world.say(NOTE)
    assert durable(world) == before + 1


def test_a_fragment_makes_nothing_wait_that_must_not(world: World):
    recording = open_recording(world)
    world.record(world.control.last(wire.Opened), 1)
    now = world.clock()
    recording.photo(wire.Still(sequence=8, recording=recording.id, data=JPEG, at_us=1, at_utc_us=1), now)
    times = {"first_us": now.boot_us, "last_us": now.boot_us, "first_utc_us": 1}
    data = fragment_chunk(1)
    fragment = wire.Fragment(sequence=9, take=1, file=0, kind="fragment", data=data, **times)
    recording.fragment(fragment, 1 << 20, now)
    assert recording.due(now.boot_us)


@pytest.mark.parametrize(("short", "batches"), [(1, 1), (0, 2)])
def test_much_media_does_not_wait(world: World, monkeypatch: pytest.MonkeyPatch, short: int, batches: int):
    opened = world.open()
    world.record(opened, 1)
    size = 4 << 20
    now = world.clock.boot_us
    times = {"first_us": now, "last_us": now, "first_utc_us": 1}
    head = len(fragment_chunk(1, 0))
    world.hear(wire.Fragment, take=1, file=0, kind="fragment", data=fragment_chunk(1, size - head), **times)
    assert durable(world) == 1
    data = fragment_chunk(1, size - head - short)
    world.hear(wire.Fragment, take=1, file=0, kind="fragment", data=data, **times)
    assert durable(world) == batches


def test_a_recording_without_media_reaches_nowhere(world: World):
    opened = world.open()
    world.close()
    assert world.control.last(wire.Durable) == wire.Durable(id=opened.id, durable_us=0, bytes=0, interval=0)


def test_a_gap_may_have_no_length_by_the_clock(world: World):
    opened = world.open()
    world.begin(opened)
    world.hear(wire.GapFound, take=1, stream="sound", cause="microphone", from_us=5, to_us=5, samples=1)
    world.close()
    assert [gap.samples for gap in world.told(opened.name, "gap")] == [1]


def test_a_checkpoint_tells_how_far_media_reach(world: World):
    opened = world.open()
    world.say(NOTE)
    world.wait(0.5)
    world.begin(opened)
    world.init()
    world.fragment()
    first, after = world.clock.boot_us, len(init_chunk()) + len(fragment_chunk(1))
    world.hear(wire.Still, recording=opened.id, data=JPEG, at_us=1, at_utc_us=1)
    early = {"first_us": first - 5, "last_us": first - 5}  # of another stream, a little behind
    world.end()
    world.begin(opened, 2, streams=("sound",))
    world.init(2, **early)
    world.hear(wire.Fragment, take=2, file=0, kind="fragment", data=fragment_chunk(1), first_utc_us=1, **early)
    world.close()
    pieces = [0, after, after + 4, after + 4, after + 4 + after, after + 4 + after]
    assert [(each.durable_us, each.bytes) for each in world.told(opened.name, "checkpoint")] == [
        (first if each else 0, each) for each in pieces
    ]  # fmt: skip


# the end of an interval


def test_an_interval_ends_as_capture_says(world: World):
    opened = world.open()
    world.record(opened, 1)
    last_us = world.clock.boot_us
    world.clock.advance(1)
    said = {"last_us": last_us + 500_000, "last_utc_us": 777, "detail": "x" * 200}
    world.hear(wire.TakeEnd, take=1, cause="break", **said)
    world.close()
    assert world.told(opened.name, "interval-ended") == [IntervalEnded(interval=1, cause="break", **said)]


@pytest.mark.parametrize(
    ("said_us", "last_us"),
    [(-1, 0), (0, 0), (1_000_000, 1_000_000), (1_000_001, 1_000_000), (3_600_000_000, 1_000_000)],
)
def test_an_interval_ends_neither_before_its_media_nor_in_the_future(world: World, said_us: int, last_us: int):
    opened = world.open()
    world.record(opened, 1)
    last, last_utc = world.clock.boot_us, world.clock().utc_us
    world.clock.advance(1)
    world.hear(wire.TakeEnd, take=1, cause="break", last_us=last + said_us, last_utc_us=777)
    world.close()
    utc = 777 if said_us == last_us else last_utc
    ended = IntervalEnded(interval=1, cause="break", last_us=last + last_us, last_utc_us=utc)
    assert world.told(opened.name, "interval-ended") == [ended]


def test_an_interval_whose_media_are_ahead_of_the_clock_ends_with_them(world: World):
    opened = world.open()
    world.record(opened, 1)
    ahead = world.clock.boot_us + 3_000_000
    world.fragment(last_us=ahead)
    world.hear(wire.TakeEnd, take=1, cause="break", last_us=ahead, last_utc_us=777)
    world.close()
    assert world.told(opened.name, "interval-ended") == [
        IntervalEnded(interval=1, cause="break", last_us=ahead, last_utc_us=777)
    ]  # fmt: skip


def test_a_close_ends_the_running_interval_with_its_own_cause(world: World):
    opened = world.open()
    world.record(opened, 1)
    last_us, last_utc_us = world.clock.boot_us, world.clock().utc_us
    world.clock.advance(0.2)
    world.close(cause="power")
    assert world.told(opened.name, "interval-ended") == [
        IntervalEnded(interval=1, cause="power", last_us=last_us, last_utc_us=last_utc_us)
    ]  # fmt: skip


def test_a_close_with_nothing_left_to_say_makes_no_further_checkpoint(world: World):
    opened, _ = world.whole(1)
    assert len(world.told(opened.name, "checkpoint")) == 2


def test_a_step_of_the_clock_shows_before_the_end(world: World):
    opened = world.open()
    world.clock.jump(5)
    world.close()
    assert [step.step_us for step in world.told(opened.name, "clock-step")] == [5_000_000]


# what is written


def test_the_manifest_lists_each_file_with_what_is_in_it(world: World):
    opened = world.open()
    world.record(opened, 1)
    world.init(file=1)
    world.fragment(file=1)
    world.end()
    world.hear(wire.Still, recording=opened.id, data=JPEG, at_us=1, at_utc_us=1)
    world.close()
    here = world.carrier / opened.name
    said = manifest.read((here / "manifest.cbor").read_bytes())
    names = ["journal-01.cborseq", "photo-0001.jpg", "video-01.mp4", "video-02.mp4"]
    assert sorted((file.name, file.bytes) for file in said.files if file.name in names) == [
        (name, (here / name).stat().st_size) for name in names
    ]  # fmt: skip


def test_a_new_files_name_is_durable_with_its_first_batch_and_looked_after_once(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    opened = world.open()
    files = world.files
    assert files is not None
    synced: list[str] = []
    real = files.sync_directory
    monkeypatch.setattr(files, "sync_directory", lambda path="": (synced.append(path), real(path))[1])
    world.record(opened, 1)
    assert synced == [opened.name]
    world.fragment()
    world.wait(0.5)
    assert synced == [opened.name]
    world.init(file=1)
    world.fragment(file=1)
    world.wait(0.5)
    assert synced == [opened.name] * 2


def test_a_finished_file_is_let_go_of(world: World, monkeypatch: pytest.MonkeyPatch):
    opened = world.open()
    files = world.files
    assert files is not None
    world.record(opened, 1)
    world.init(file=1)
    world.fragment(file=1)
    world.wait(0.5)
    assert sorted(files._paths.values()) == [f"{opened.name}/journal-01.cborseq", f"{opened.name}/video-02.mp4"]
    world.end()
    world.close()
    assert list(files._paths.values()) == []


def test_an_abandoned_recording_keeps_no_file_open(world: World, monkeypatch: pytest.MonkeyPatch):
    opened = world.open()
    world.record(opened, 1)
    files = world.files
    assert files is not None
    closed: list[str] = []
    close = files.close
    monkeypatch.setattr(files, "close", lambda handle: (closed.append(files.path(handle)), close(handle))[1])
    files.faults = [Fault("write", "video", error=errno.EIO)]
    world.fragment()
    assert sorted(closed) == [f"{opened.name}/journal-01.cborseq", f"{opened.name}/video-01.mp4"]
