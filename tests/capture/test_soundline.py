"""The line of sound: unbroken, bit for bit, and every silence that was put in is declared."""

import io
import sys
import threading

import av
import numpy as np
import pytest
from pipeline_world import UTC_US

from kuager.capture.encoder import FLAC_SAMPLES
from kuager.capture.packets import Gap, SoundPacket
from kuager.capture.sensors import Samples, Sound
from kuager.capture.soundline import NOT_BEFORE_THE_PRESS, SoundLine

BLOCK = 960  # 20 ms
STREAMINFO = bytes.fromhex("120012000000000000000bb800f000000000") + bytes(16)  # RFC 9639, 8.2
RNG = np.random.default_rng(7)


class World:
    """A line that begins at 10 s, and a microphone whose blocks come on time."""

    def __init__(self) -> None:
        self.now_us = 10_000_000
        self.out: list[Gap | SoundPacket] = []
        self.line = SoundLine(self.out.append, lambda: UTC_US, self.now_us)
        self.heard: list[Samples] = []

    def hear(self, seconds: float, *, silent: bool = False) -> None:
        for _ in range(round(seconds * 50)):
            block = np.zeros(BLOCK, np.int16) if silent else RNG.integers(-9000, 9000, BLOCK).astype(np.int16)
            self.heard.append(block)
            self.line.feed(Sound(block, self.now_us))
            self.wait(0.02)

    def wait(self, seconds: float) -> None:
        """Time passes, in which the line is looked after ten times a second."""
        end_us = self.now_us + round(seconds * 1_000_000)
        while self.now_us < end_us:
            self.now_us = min(end_us, self.now_us + 100_000)
            self.line.tick(self.now_us)

    @property
    def packets(self) -> list[SoundPacket]:
        return [item for item in self.out if isinstance(item, SoundPacket)]

    @property
    def gaps(self) -> list[Gap]:
        return [item for item in self.out if isinstance(item, Gap)]

    def decoded(self) -> Samples:
        codec = av.CodecContext.create("flac", "r")
        codec.extradata = STREAMINFO
        frames = [frame for packet in self.packets for frame in codec.decode(av.Packet(packet.data))]
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int16)

    def declared(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Which samples were declared as silence that was put in."""
        samples = np.zeros(len(self.packets) * FLAC_SAMPLES, bool)
        for gap in self.gaps:
            samples[gap.first_sample : gap.first_sample + gap.samples] = True
        return samples


def test_what_is_heard_comes_out_bit_for_bit_with_its_time() -> None:
    world = World()
    world.hear(3)
    sound = world.decoded()
    assert (sound == np.concatenate(world.heard)[: len(sound)]).all()
    assert len(sound) > 2.8 * 48_000
    assert not world.gaps
    for at, packet in enumerate(world.packets):
        assert packet.first == at * FLAC_SAMPLES
        assert packet.boot_us == pytest.approx(10_000_000 + at * 96_000, abs=1_000)
        assert packet.utc_us - packet.boot_us == UTC_US


def test_a_stalled_microphone_is_replaced_by_declared_silence_within_half_a_second() -> None:
    world = World()
    world.hear(2)
    world.wait(5)
    newest = world.packets[-1].end_us
    assert world.now_us - newest < 700_000
    assert not world.line.live
    assert world.line.level_db == -100
    world.hear(2)
    sound, declared = world.decoded(), world.declared()
    assert not sound[declared].any()
    assert declared.sum() == pytest.approx(5 * 48_000, abs=4_800)
    assert (sound[~declared] == np.concatenate(world.heard)[: (~declared).sum()]).all()
    assert {(gap.cause, gap.detail) for gap in world.gaps} == {("microphone", "no sound came")}
    assert world.line.live


def test_every_gap_stands_before_the_packet_that_holds_it() -> None:
    world = World()
    world.hear(1)
    world.wait(3)
    world.hear(1)
    seen = 0
    for item in world.out:
        if isinstance(item, SoundPacket):
            seen = item.first + FLAC_SAMPLES
        else:
            assert seen <= item.first_sample
            assert item.first_sample + item.samples <= seen + FLAC_SAMPLES


def test_samples_that_the_driver_lost_are_silence_at_their_place() -> None:
    world = World()
    world.hear(2)
    world.now_us += 300_000  # three tenths of a second are gone, and the line was not looked after
    world.hear(3)
    declared = world.declared()
    assert declared.sum() == pytest.approx(0.3 * 48_000, abs=600)
    assert np.flatnonzero(declared)[0] == pytest.approx(2 * 48_000, abs=600)
    sound = world.decoded()
    assert (sound[~declared] == np.concatenate(world.heard)[: (~declared).sum()]).all()


def test_a_burst_that_comes_after_its_time_was_filled_is_not_put_in_twice() -> None:
    world = World()
    world.hear(1)
    late_us = world.now_us
    world.wait(1.0)
    for at in range(50):
        world.line.feed(Sound(np.full(BLOCK, 500 + at, np.int16), late_us + at * 20_000))
    world.hear(1)
    assert world.packets[-1].end_us <= world.now_us + 1_000
    for packet, following in zip(world.packets, world.packets[1:], strict=False):
        assert following.boot_us > packet.boot_us


def test_a_microphone_that_was_never_there_gives_silence_from_the_begin() -> None:
    world = World()
    world.wait(3)
    assert world.packets[0].boot_us == 10_000_000
    assert world.declared().all()
    assert not world.decoded().any()
    assert not world.line.live


def test_a_mute_microphone_is_declared_though_it_delivers() -> None:
    world = World()
    world.hear(1)
    assert world.line.live
    world.hear(5, silent=True)
    assert not world.line.live
    assert {gap.detail for gap in world.gaps} == {"the microphone is mute"}
    assert world.declared().sum() == pytest.approx(3 * 48_000, abs=9_600)


def test_a_unit_that_slept_makes_no_hours_of_silence() -> None:
    world = World()
    world.hear(1)
    world.now_us += 8 * 3600 * 1_000_000
    world.line.tick(world.now_us)
    world.hear(1)
    assert len(world.packets) < 40
    assert any(gap.samples == 0 and gap.to_us - gap.from_us > 28_000_000_000 for gap in world.gaps)
    assert world.packets[-1].boot_us > 8 * 3600 * 1_000_000


def test_a_closed_line_gives_nothing_of_what_was_heard() -> None:
    world = World()
    world.line.close()
    world.hear(20)
    assert not world.decoded().any()
    assert world.declared().all()
    assert {gap.detail for gap in world.gaps} == {NOT_BEFORE_THE_PRESS}
    assert world.line.live
    assert world.line.level_db > -20


def test_opening_lets_go_on_what_was_heard_since_the_press_and_nothing_before() -> None:
    world = World()
    world.line.close()
    world.hear(8)
    press_us = world.now_us - 400_000  # the vault took so long to open
    world.line.open(press_us)
    world.hear(2)
    sound, declared = world.decoded(), world.declared()
    heard = np.concatenate(world.heard)[: len(sound)]
    begin = int(np.flatnonzero(~declared)[0])
    assert begin == pytest.approx((press_us - 10_000_000) * 48 // 1000, abs=48)
    assert declared[:begin].all()
    assert not sound[:begin].any()
    assert not declared[begin:].any()
    assert (sound[begin:] == heard[begin:]).all()


def test_opening_later_than_anything_waits_declares_what_is_lost() -> None:
    world = World()
    world.line.close()
    world.hear(12)
    world.line.open(world.now_us - 9_000_000)
    world.hear(1)
    declared = world.declared()
    begin = int(np.flatnonzero(~declared)[0])
    assert begin == pytest.approx(7 * 48_000, abs=FLAC_SAMPLES)
    assert (world.decoded()[begin:] == np.concatenate(world.heard)[begin : len(declared)]).all()


def test_an_open_line_is_opened_again_without_harm() -> None:
    world = World()
    world.hear(1)
    world.line.open(world.now_us)
    world.hear(1)
    assert not world.gaps


def test_packets_are_a_flac_stream_that_others_read() -> None:
    world = World()
    world.hear(1)
    stream = b"fLaC" + bytes([0x80, 0, 0, 34]) + STREAMINFO
    stream += b"".join(packet.data for packet in world.packets)
    with av.open(io.BytesIO(stream), format="flac") as container:
        sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])
    assert (sound == np.concatenate(world.heard)[: len(sound)]).all()
    assert len(sound) > 40_000


def test_the_level_is_read_while_the_microphone_feeds():
    """Another thread looks at the line ten times a second for hours: no look may meet a block halfway in."""
    line = SoundLine(lambda _: None, lambda: UTC_US, 0)
    feeding, failed = threading.Event(), []
    before = sys.getswitchinterval()

    def look() -> None:
        try:
            while not feeding.is_set():
                _ = line.level_db
        except RuntimeError as error:
            failed.append(error)

    looker = threading.Thread(target=look)
    sys.setswitchinterval(1e-6)
    try:
        looker.start()
        block = np.ones(48, np.int16)
        for number in range(20_000):
            line.feed(Sound(block, number * 1000))
    finally:
        sys.setswitchinterval(before)
        feeding.set()
        looker.join()
    assert not failed
