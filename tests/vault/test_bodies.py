"""What capture says stands in the journal as it was said, with what only the vault knows beside it."""

import hashlib

import pytest
from vault_world import World, init_chunk

from kuager import wire
from kuager.evidence.records import Chunk, Device, Gap, IntervalBegun, Photo

CAMERA, MICROPHONE = (Device(make="Maker", model=name, serial="1") for name in ("eye", "ear"))
JPEG = b"\xff\xd8\xff\xe1" + bytes(100) + b"\xff\xd9"


def test_an_interval_is_described_as_capture_described_its_take(world: World):
    opened = world.open()
    world.begin(opened, take=5, cause="break", rate_millihertz=30_000, sample_rate=48_000, camera=CAMERA,
                microphone=MICROPHONE)  # fmt: skip
    now = world.clock()
    world.close()
    assert world.told(opened.name, "interval-begun") == [
        IntervalBegun(
            interval=1, cause="break", streams=["video", "sound"], first_us=now.boot_us, first_utc_us=now.utc_us,
            width=1280, height=720, rate_millihertz=30_000, sample_rate=48_000, camera=CAMERA, microphone=MICROPHONE,
        )
    ]  # fmt: skip


def test_a_chunk_is_described_as_capture_described_its_fragment(world: World):
    opened = world.open()
    world.begin(opened)
    world.init()
    before = world.clock()
    data = init_chunk()
    said = {"first_us": before.boot_us - 9, "last_us": before.boot_us + 7, "first_utc_us": before.utc_us - 9,
            "key": True, "standby": True, "frames": 15, "first_frame": 30, "samples": 24_000,
            "first_sample": 48_000}  # fmt: skip
    world.fragment(**said)
    media = (world.carrier / opened.name / "video-01.mp4").read_bytes()[len(data) :]
    world.close()
    first, second = world.told(opened.name, "chunk")
    times = {"first_us": before.boot_us, "last_us": before.boot_us, "first_utc_us": before.utc_us}
    common = {"file": "video-01.mp4", "interval": 1}
    digest = hashlib.sha256(data).digest()
    assert first == Chunk(kind="init", offset=0, length=len(data), sha256=digest, **common, **times)
    digest = hashlib.sha256(media).digest()
    assert second == Chunk(
        kind="fragment", offset=len(data), length=len(media), sha256=digest, **common, **said
    )  # fmt: skip


def test_a_gap_is_described_as_capture_described_it(world: World):
    opened = world.open()
    world.begin(opened)
    said = {"stream": "sound", "cause": "microphone", "from_us": 11, "to_us": 12, "frames": 3, "first_sample": 48,
            "samples": 96, "detail": "unplugged"}  # fmt: skip
    world.hear(wire.GapFound, take=1, **said)
    world.close()
    assert world.told(opened.name, "gap") == [Gap(interval=1, **said)]


@pytest.mark.parametrize("interval", [None, 1])
def test_a_photograph_belongs_to_the_interval_that_runs_if_there_is_one(world: World, interval: int | None):
    opened = world.open()
    if interval:
        world.begin(opened)
    world.hear(wire.Still, recording=opened.id, data=JPEG, at_us=21, at_utc_us=22)
    world.close()
    digest = hashlib.sha256(JPEG).digest()
    assert world.told(opened.name, "photo") == [
        Photo(file="photo-0001.jpg", interval=interval, length=len(JPEG), sha256=digest, at_us=21, at_utc_us=22)
    ]
