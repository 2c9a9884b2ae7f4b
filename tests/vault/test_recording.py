import hashlib
import subprocess
from pathlib import Path

import pytest
from vault_world import World, fragment_chunk, init_chunk

from kuager import wire
from kuager.evidence import journal, manifest
from kuager.evidence.records import BODIES, Device, Procedure
from kuager.media import boxes


@pytest.fixture
def world(tmp_path: Path):
    made = World(tmp_path)
    made.boot()
    yield made
    made.vault.stop()
    made.kill()
    for name in made.recordings():
        assert made.verdict(name).codes <= {"K206", "K204", "K501"}, made.verdict(name)


def records(path: Path) -> list[journal.Record]:
    return list(journal.iterate(path.read_bytes()))


def test_devices_not_known_at_the_press_are_those_of_the_first_interval_that_names_them(world: World):
    camera, microphone = (Device(make="Maker", model=name, serial="1") for name in ("eye", "ear"))
    opened = world.open(camera=None, microphone=None)
    world.begin(opened, camera=camera)
    world.init()
    world.fragment()
    world.end(cause="camera")
    world.begin(opened, take=2, streams=("sound",), microphone=microphone)
    world.init(take=2)
    world.fragment(take=2)
    world.end(take=2)
    world.close()
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    assert (said.camera, said.microphone) == (camera, microphone)


def test_a_whole_recording(world: World):
    opened, sealed = world.whole(6)
    here = world.carrier / opened.name
    assert opened.name == "KZ0417-000001-20261122T051500Z"
    assert sorted(path.name for path in here.iterdir()) == [
        "SHA256SUMS", "journal-01.cborseq", "manifest.cbor", "manifest.sig", "manifest.tbs", "unit.pem", "video-01.mp4",
    ]  # fmt: skip
    assert sealed.sha256 == hashlib.sha256((here / "manifest.cbor").read_bytes()).digest()
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=here, capture_output=True, check=False)
    assert done.returncode == 0
    said = manifest.read((here / "manifest.cbor").read_bytes())
    assert said.ending == "closed"
    assert said.intervals[0].files == ["video-01.mp4"]
    assert {file.name: file.proven for file in said.files}["video-01.mp4"] == (here / "video-01.mp4").stat().st_size
    assert said.head == records(here / "journal-01.cborseq")[-1].digest


def test_chunks_tile_the_file_and_every_batch_ends_with_a_checkpoint(world: World):
    opened, _ = world.whole(4)
    told = records(world.carrier / opened.name / "journal-01.cborseq")
    media = (world.carrier / opened.name / "video-01.mp4").read_bytes()
    at = 0
    for record in told:
        if record.type == "chunk":
            body = record.typed()
            assert body.offset == at
            assert hashlib.sha256(media[at : at + body.length]).digest() == body.sha256
            at += body.length
    assert at == len(media)
    assert [record.type for record in told[-3:]] == ["interval-ended", "checkpoint", "closed"]
    assert all(record.type in BODIES for record in told)


def test_first_media_is_durable_at_once_and_later_ones_each_half_second(world: World):
    opened = world.open()
    world.begin(opened)
    world.init()
    assert world.acknowledged == 0
    first = world.fragment()
    assert world.acknowledged == first
    assert world.control.last(wire.Durable).durable_us == world.clock.boot_us
    second = world.fragment(last_us=world.clock.boot_us + 1)
    assert world.acknowledged == second


def test_a_pre_roll_does_not_make_a_batch_of_each_fragment(world: World):
    world.clock.advance(30)
    opened = world.open()
    now = world.clock.boot_us
    world.begin(opened)
    world.init(first_us=now - 30_000_000, last_us=now - 30_000_000)
    for half in range(60):
        begin = now - 30_000_000 + half * 500_000
        world.hear(
            wire.Fragment, take=1, file=0, kind="fragment", data=fragment_chunk(half), first_us=begin,
            last_us=begin + 500_000, first_utc_us=begin, standby=True,
        )  # fmt: skip
    assert len(world.media.all(wire.Acknowledged)) == 1
    world.wait(0.5)
    assert len(world.media.all(wire.Acknowledged)) == 2
    assert world.acknowledged == world.sequence


def test_rolls_over_and_numbers_files_through_the_recording(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.init(file=1)
    world.fragment(file=1)
    world.end(cause="camera")
    world.begin(opened, take=2, streams=("sound",), cause="camera")
    world.init(take=2)
    world.fragment(take=2)
    world.end(take=2)
    world.close()
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    assert [interval.files for interval in said.intervals] == [["video-01.mp4", "video-02.mp4"], ["sound-03.mp4"]]
    assert [interval.ended for interval in said.intervals] == ["camera", "closing"]


def test_a_file_never_grows_over_its_limit(tmp_path: Path):
    world = World(tmp_path, max_bytes=5000)
    world.boot()
    opened = world.open()
    world.record(opened, 3)
    assert "longer than 5000" in world.media.last(wire.Refused).reason
    assert (world.carrier / opened.name / "video-01.mp4").stat().st_size <= 5000
    world.kill()


def test_photographs_are_whole_objects_with_a_record(world: World):
    opened = world.open(mode="stills")
    jpeg = b"\xff\xd8\xff\xe1" + bytes(1000) + b"\xff\xd9"
    taken = world.hear(wire.Still, recording=opened.id, data=jpeg, at_us=world.clock.boot_us, at_utc_us=1)
    assert world.acknowledged == taken
    refused = world.hear(wire.Still, recording=opened.id, data=b"GIF89a", at_us=1, at_utc_us=1)
    assert world.media.last(wire.Refused).sequence == refused
    world.close()
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    file = next(file for file in said.files if file.name == "photo-0001.jpg")
    assert (file.format, file.bytes, file.proven) == ("image/jpeg", len(jpeg), len(jpeg))
    assert (world.carrier / opened.name / "photo-0001.jpg").read_bytes() == jpeg


def test_numbers_and_heads_chain(world: World):
    first = world.open()
    world.close()
    second = world.open()
    world.close()
    assert (first.number, second.number) == (1, 2)
    said = [manifest.read((world.carrier / each.name / "manifest.cbor").read_bytes()) for each in (first, second)]
    assert said[1].previous.head == said[0].head
    assert said[1].previous.id == first.id


def test_capture_gone_ends_the_interval_and_nothing_else(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.vault.media_closed(world.media)
    world.vault.media_opened(world.media)
    world.record(opened, 2)
    world.end()
    world.close()
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    assert [interval.ended for interval in said.intervals] == ["software", "closing"]


def test_supervisor_gone_changes_nothing_and_its_session_is_given_back(world: World):
    opened = world.open()
    world.say(wire.Remember(session=b"where we were"))
    world.record(opened, 1)
    world.vault.control_closed(world.control)
    world.fragment()
    assert world.acknowledged == world.sequence
    world.vault.control_opened(world.control)
    state = world.control.last(wire.VaultState)
    assert (state.session, state.open_id) == (b"where we were", opened.id)


def test_notes_become_records_and_bad_ones_are_refused(world: World):
    opened = world.open()
    chapter = {"chapter": 1, "item": "time", "title": "Time", "clause": "7", "at_us": 5}
    world.say(wire.Note(type="chapter", body=chapter))
    world.say(wire.Note(type="battery", body={"percent": 300}))
    assert world.control.last(wire.VaultTrouble).code == "refused"
    world.say(wire.Note(type="event", body={"code": "x", "data": {"huge": "x" * 70_000}}))
    world.say(wire.Note(type="event", body={"code": "x", "data": {"n": 2**70}}))
    assert len(world.control.all(wire.VaultTrouble)) == 3
    pack = Procedure(id="kz-2012-68", title="Instruction", action="search", action_stated="chosen")
    world.say(wire.SetProcedure(procedure=pack))
    world.close()
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    assert [chapter.item for chapter in said.chapters] == ["time"]
    assert said.procedure.action == "search"


@pytest.mark.parametrize("day", [86_400, -86_400])
def test_a_clock_that_jumps_a_day_is_told_and_harms_nothing(world: World, day: int):
    opened = world.open()
    world.record(opened, 2)
    world.clock.jump(day)
    world.fragment()
    world.fragment()
    world.end()
    world.close()
    told = records(world.carrier / opened.name / "journal-01.cborseq")
    steps = [record.typed() for record in told if record.type == "clock-step"]
    assert [step.step_us for step in steps] == [day * 1_000_000]
    at = next(place for place, record in enumerate(told) if record.type == "clock-step")
    assert abs(told[at].stamp.utc_us - told[at - 1].stamp.utc_us) > 80_000 * 1_000_000


def test_a_creeping_clock_is_told_once_it_is_half_a_second_off(world: World):
    opened = world.open()
    world.begin(opened)
    world.init()
    for _ in range(12):
        world.clock.jump(0.1)
        world.fragment()
    world.end()
    world.close()
    told = records(world.carrier / opened.name / "journal-01.cborseq")
    steps = [record.typed().step_us for record in told if record.type == "clock-step"]
    assert steps == [600_000, 600_000]


def test_gaps_and_remarks_are_journalled(world: World):
    opened = world.open()
    world.record(opened, 1)
    world.hear(wire.GapFound, take=1, stream="sound", cause="microphone", from_us=1, to_us=2, samples=48)
    world.hear(wire.Remark, take=1, code="rate-step", data={"rate": 15})
    world.end()
    world.close()
    types = [record.type for record in records(world.carrier / opened.name / "journal-01.cborseq")]
    assert "gap" in types
    assert "event" in types


def test_messages_without_a_recording_are_refused(world: World):
    world.fragment()
    assert world.media.last(wire.Refused).reason == "no recording is open"
    world.say(wire.CloseRecording(request=9, cause="closing", dialogue=True))
    assert world.control.last(wire.VaultTrouble).request == 9


def test_whatever_is_said_to_be_missing_fits_the_manifest(world: World):
    opened = world.open()
    world.close(missing=[f"item {number}" for number in range(500)])
    assert len(manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes()).missing) == 64


def test_sigterm_closes_in_order(world: World):
    opened = world.open()
    world.record(opened, 2)
    world.vault.stop()
    said = manifest.read((world.carrier / opened.name / "manifest.cbor").read_bytes())
    assert (said.ending, said.cause, said.dialogue) == ("closed", "shutdown", False)
    assert said.intervals[0].ended == "shutdown"


def test_a_second_vault_is_refused_the_carrier(world: World, tmp_path: Path):
    other = World(tmp_path / "other") if (tmp_path / "other").mkdir() is None else None
    assert other is not None
    other.carrier = world.carrier
    other.boot()
    state = other.control.last(wire.VaultState)
    assert state.carrier_state == "failed"
    assert "another vault" in state.carrier_detail
    other.kill()


def test_init_chunk_is_what_the_box_walk_wants():
    boxes.check_chunk(init_chunk(), "init")
    boxes.check_chunk(fragment_chunk(1), "fragment")
