"""The recorder on the product's own packets, with a vault that acknowledges when the test says so."""

from typing import Any

import numpy as np
import pytest
from fakes import files_of
from pipeline_world import Decoded, Source

from kuager import wire
from kuager.capture.delivery import Delivery
from kuager.capture.orders import Orders
from kuager.capture.packets import FLAC_US, PicturePacket
from kuager.capture.recorder import Recorder
from kuager.capture.report import Report
from kuager.capture.ring import MAX_UNACKNOWLEDGED_US
from kuager.capture.soundline import SoundLine
from kuager.errors import PeerError
from kuager.evidence.records import Cause, Mode
from kuager.media import sei

FIRST = bytes(16)
SECOND = b"2" * 16


class World:
    """Time goes on only while `run` feeds packets."""

    def __init__(self, mode: Mode = "video", pre_roll_s: int = 3, *, pre_roll_sound: bool = False) -> None:
        self.now_us = 50_000_000
        self.orders = Orders("KZ0417", number=0)
        self.source = Source(orders=self.orders)
        self.told: list[Any] = []
        self.vault: list[Any] = []
        self.line: list[tuple[str, int]] = []
        self.waiting = 0
        self.delivery = Delivery(self.told.append)
        self.recorder = Recorder(
            self.orders,
            self.delivery,
            self.told.append,
            lambda since: self.line.append(("open", since)),
            lambda: self.line.append(("close", 0)),
            2_000_000_000,
            self.now_us,
        )
        self.find_vault()
        self.standby = wire.Standby(
            unit="KZ0417", number=42, mode=mode, pre_roll_us=pre_roll_s * 1_000_000, pre_roll_sound=pre_roll_sound
        )
        self.recorder.stand_by(self.standby, self.now_us)
        self._sound_us = self.now_us

    def find_vault(self) -> None:
        self.vault = []
        self.delivery.found(self.vault.append, lambda: self.waiting, self.now_us)
        self.recorder.vault_found(self.now_us)

    def run(self, seconds: float, *, pictures: bool = True, sound: bool = True, acknowledge: bool = False) -> None:
        end_us = self.now_us + round(seconds * 1_000_000)
        while self.now_us < end_us:
            self.now_us += 40_000
            while self._sound_us + FLAC_US <= self.now_us:
                if sound:
                    self.recorder.add(self.source.sound(self._sound_us), self.now_us)
                self._sound_us += FLAC_US
            if pictures and self.orders.mode == "video":
                self.recorder.add(self.source.picture(self.now_us, width=320, height=180), self.now_us)
            elif pictures and self.orders.camera:
                self.recorder.seen(self.now_us)
            if acknowledge:
                self.acknowledge()
            self.recorder.tick(self.now_us)

    def acknowledge(self) -> None:
        if self.vault:
            self.delivery.acknowledged(self.vault[-1].sequence)

    def start(
        self, recording: bytes = FIRST, *, resume: bool = False, cause: Cause = "press", number: int = 42
    ) -> None:
        start = wire.StartTake(
            recording=recording, number=number, mode=self.standby.mode, cause=cause, since_us=self.now_us, resume=resume
        )
        self.recorder.start(start, self.now_us)
        self.recorder.heard(self.now_us)

    def finish(self, cause: Cause = "closing") -> None:
        self.recorder.finish(cause, self.now_us)

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.vault if isinstance(message, kind)]

    def heard(self, kind: type) -> list[Any]:
        return [message for message in self.told if isinstance(message, kind)]

    def frames(self) -> list[int]:
        """Frame counters of all pictures in the vault's files, in order."""
        found = []
        for _, _, data in files_of(self.vault):
            found += [mark.frame for packet in Decoded(data).packets if (mark := sei.read_avcc(packet))]
        return found


def test_a_recording_begins_with_the_pre_roll_and_its_first_key_is_early_enough() -> None:
    world = World(pre_roll_s=3)
    world.run(8)
    press_us = world.now_us
    world.start()
    world.run(2)
    world.finish()
    world.run(0.5, acknowledge=True)
    (begin,) = world.of(wire.TakeBegin)
    assert 3_000_000 <= press_us - begin.first_us <= 4_000_000
    assert begin.streams == ["video", "sound"]
    frames = world.frames()
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    assert len(frames) == pytest.approx((world.now_us - 500_000 - begin.first_us) / 40_000, abs=2)
    standby = [piece.standby for piece in world.of(wire.Fragment)]
    assert standby[1]
    assert not standby[-1]
    (ended,) = world.heard(wire.TakeEnded)
    assert (ended.acknowledged, ended.cause) == (True, "closing")


def test_without_pre_roll_nothing_from_before_the_press_is_kept() -> None:
    world = World(pre_roll_s=0)
    world.run(3)
    press_us = world.now_us
    world.start()
    world.run(1)
    (begin,) = world.of(wire.TakeBegin)
    assert press_us <= begin.first_us <= press_us + 100_000
    assert not any(piece.standby for piece in world.of(wire.Fragment))


def test_the_ring_holds_the_pre_roll_and_little_more() -> None:
    world = World(pre_roll_s=2)
    world.run(20)
    assert 2_000_000 <= world.recorder.ring.span_us <= 3_300_000
    assert len(world.recorder.ring.sound) < 40


def test_a_take_lets_go_what_is_acknowledged() -> None:
    world = World(pre_roll_s=3)
    world.run(5)
    world.start()
    world.run(4, acknowledge=True)
    assert world.recorder.ring.span_us < 2_500_000


def test_the_line_is_closed_in_stand_by_and_opened_since_the_press() -> None:
    world = World()
    world.run(1)
    press_us = world.now_us
    world.start()
    world.run(1, acknowledge=True)
    world.finish()
    world.run(1, acknowledge=True)
    assert world.line == [("close", 0), ("open", press_us), ("close", 0)]
    assert World(pre_roll_sound=True).line[0][0] == "open"


def test_a_take_ends_only_when_sound_and_picture_have_come_as_far() -> None:
    world = World()
    world.run(2)
    world.start()
    world.run(1)
    finish_us = world.now_us
    world.finish()
    assert not world.of(wire.TakeEnd)
    world.run(1, acknowledge=True)
    (end,) = world.of(wire.TakeEnd)
    assert finish_us <= end.last_us <= finish_us + 2 * FLAC_US
    (_, _, data), *_ = files_of(world.vault)
    marks = [sei.read_avcc(packet) for packet in Decoded(data).packets]
    assert marks[-1]
    assert marks[-1].utc_ms * 1000 <= finish_us + 1_795_000_000_000_000


def test_an_end_that_no_vault_acknowledges_is_not_told_as_durable() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1)
    world.finish()
    world.run(1)
    assert not world.heard(wire.TakeEnded)
    world.recorder.vault_lost(world.now_us)
    assert [ended.acknowledged for ended in world.heard(wire.TakeEnded)] == [False]


def test_the_next_recording_keeps_nothing_of_the_one_before() -> None:
    world = World(pre_roll_s=10)
    world.run(3)
    world.start()
    world.run(2, acknowledge=True)
    world.finish()
    world.run(0.5, acknowledge=True)
    ended_us = world.now_us
    world.recorder.stand_by(wire.Standby(unit="KZ0417", number=43, mode="video", pre_roll_us=10_000_000), world.now_us)
    world.run(1, acknowledge=True)
    world.vault.clear()
    world.start(SECOND, number=43)
    world.run(1)
    (begin,) = world.of(wire.TakeBegin)
    assert begin.first_us >= ended_us - 500_000
    assert {mark.number for _, _, data in files_of(world.vault) for mark in marks_of(data)} == {43}


def marks_of(data: bytes) -> list[Any]:
    return [mark for packet in Decoded(data).packets if (mark := sei.read_avcc(packet))]


def test_a_new_vault_gets_all_that_the_old_one_did_not_acknowledge() -> None:
    world = World()
    world.run(3)
    world.start()
    world.run(4, acknowledge=True)
    acknowledged = world.delivery.outbox.reached
    samples = len(world.source.samples)
    world.run(3)  # not acknowledged any more
    world.recorder.vault_lost(world.now_us)
    world.run(2)
    world.find_vault()
    world.run(0.4)
    assert not world.vault  # where to go on the supervisor says
    world.start(SECOND, resume=True, cause="software")
    world.run(1)
    world.finish()
    world.run(0.5)
    (begin,) = world.of(wire.TakeBegin)
    frames = world.frames()
    assert begin.recording == SECOND
    assert acknowledged.frame - 25 <= frames[0] <= acknowledged.frame
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    (_, _, data), *_ = files_of(world.vault)
    decoded = Decoded(data)
    assert decoded.keys[0]
    tail = np.concatenate(world.source.samples[samples - 2 :])
    heard = decoded.sound
    at = next(at for at in range(0, len(heard), 4608) if (heard[at : at + 4608] == tail[:4608]).all())
    assert (heard[at:] == tail[: len(heard) - at]).all()
    assert not world.of(wire.GapFound)


def test_a_capture_that_is_new_itself_resumes_with_nothing_of_another_number() -> None:
    world = World()
    world.run(2)
    assert {packet.number for packet in world.recorder.ring.pictures} == {42}
    world.start(SECOND, resume=True, cause="software", number=41)
    world.run(1)
    (_, _, data), *_ = files_of(world.vault)
    marks = [sei.read_avcc(packet) for packet in Decoded(data).packets]
    assert {mark.number for mark in marks if mark} == {41}


def test_what_is_resumed_never_reaches_back_before_the_press() -> None:
    world = World(pre_roll_s=0)
    world.run(2)
    press_us = world.now_us
    world.start()
    world.now_us += 40_000
    world.recorder.add(world.source.picture(world.now_us, width=320, height=180), world.now_us)
    world.recorder.add(world.source.sound(world._sound_us), world.now_us)  # began before the keyframe
    world._sound_us += FLAC_US
    (before,) = world.of(wire.TakeBegin)
    world.recorder.vault_lost(world.now_us)
    world.find_vault()
    world.start(SECOND, resume=True, cause="software")
    world.run(1)
    (begin,) = world.of(wire.TakeBegin)
    assert (begin.recording, begin.first_us) == (SECOND, before.first_us)
    assert begin.first_us >= press_us


def test_what_was_held_too_long_is_declared_missing() -> None:
    world = World(pre_roll_s=0)
    world.run(1)
    world.start()
    world.run(3, acknowledge=True)
    reached = world.delivery.outbox.reached
    world.recorder.vault_lost(world.now_us)
    world.run(MAX_UNACKNOWLEDGED_US / 1_000_000 + 6)
    assert world.recorder.ring.span_us <= MAX_UNACKNOWLEDGED_US
    world.find_vault()
    world.start(SECOND, resume=True)
    world.run(1)
    (gap,) = world.of(wire.GapFound)
    first = world.frames()[0]
    assert (gap.stream, gap.cause, gap.frames) == ("video", "limit", first - reached.frame)
    assert gap.frames > 50


def test_pictures_that_wait_for_the_encoder_belong_to_what_goes_on_after_a_vaults_death() -> None:
    world = World()
    world.run(3)
    world.start()
    waiting_us = world.now_us + 1_960_000  # taken before the second order, encoded after it
    world.run(2)
    world.recorder.vault_lost(world.now_us)
    world.find_vault()
    world.start(SECOND, resume=True, number=43)
    assert not world.orders.standby_at(waiting_us)
    world.finish()
    assert not world.orders.standby_at(world.now_us - 1)
    assert world.orders.standby_at(world.now_us)


def test_a_vault_that_is_there_again_and_says_nothing_gets_the_same_recording() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1, acknowledge=True)
    world.recorder.vault_lost(world.now_us)
    world.find_vault()
    world.run(4)
    (begin,) = world.of(wire.TakeBegin)
    assert (begin.recording, begin.cause, begin.take) == (FIRST, "software", 2)


def test_a_vault_that_stops_reading_is_given_up_and_capture_goes_on() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1)
    world.waiting = 1 << 30
    world.run(1)
    assert [trouble.well for trouble in world.heard(wire.Trouble)] == [True, False]
    assert world.recorder.take is None
    assert world.recorder.busy


def test_a_connection_that_breaks_in_mid_send_loses_nothing() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(2, acknowledge=True)
    reached = world.delivery.outbox.reached

    def broken(message: wire.Message) -> None:
        raise PeerError("gone")

    world.delivery.found(broken, lambda: 0, world.now_us)
    world.run(2)
    world.find_vault()
    world.start(SECOND, resume=True)
    world.run(1)
    frames = world.frames()
    assert frames[0] <= reached.frame
    assert frames == list(range(frames[0], frames[0] + len(frames)))


def test_a_vault_that_refuses_ends_the_take_and_a_new_one_is_tried() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1, acknowledge=True)
    world.recorder.refused(world.vault[-1].sequence, "no such recording", world.now_us)
    (ended,) = world.heard(wire.TakeEnded)
    assert (ended.acknowledged, ended.detail) == (False, "no such recording")
    world.vault.clear()
    world.run(4)
    assert [begin.take for begin in world.of(wire.TakeBegin)] == [2]


def test_an_end_that_no_vault_acknowledged_goes_into_what_continues() -> None:
    world = World(pre_roll_s=0)
    world.run(1)
    world.start()
    world.run(2, acknowledge=True)
    reached = world.delivery.outbox.reached
    world.run(6)  # the vault hangs
    world.finish()
    last = world.recorder.ring.pictures[-1].frame
    world.run(5)
    world.recorder.vault_lost(world.now_us)
    world.run(5)
    world.find_vault()
    world.start(SECOND, resume=True)
    world.run(1)
    frames = world.frames()
    assert frames[0] <= reached.frame
    assert last in frames


@pytest.mark.parametrize("told", [True, False])
def test_what_a_lost_recording_lacked_is_not_taken_for_durable_by_the_next_ones_acknowledgement(told: bool) -> None:
    world = World(pre_roll_s=0)
    world.run(1)
    world.start()
    world.run(2, acknowledge=True)
    reached = world.delivery.outbox.reached
    world.run(2)
    if told:
        world.recorder.refused(world.vault[-1].sequence, "the carrier failed", world.now_us, over=True)
    world.vault.clear()
    world.start(SECOND, resume=True)
    world.run(0.1)
    (begin,) = world.of(wire.TakeBegin)
    world.delivery.acknowledged(begin.sequence)  # and then this one is lost too
    assert world.delivery.outbox.reached == reached
    world.recorder.vault_lost(world.now_us)
    world.find_vault()
    world.start(bytes(15) + b"3", resume=True)
    world.run(0.5)
    assert world.frames()[0] <= reached.frame


def test_a_take_that_nobody_takes_lets_go_of_its_muxer_at_once() -> None:
    for lose in (
        lambda world: world.recorder.vault_lost(world.now_us),
        lambda world: world.recorder.refused(world.vault[-1].sequence, "no", world.now_us),
    ):
        world = World()
        world.run(1)
        world.start()
        world.run(1)
        take = world.recorder.take
        assert take is not None
        assert take._muxer is not None
        lose(world)
        assert take._muxer is None  # some 7 MB, which wait for the collector of cycles else


def test_nothing_is_held_for_a_recording_that_does_not_continue() -> None:
    world = World(pre_roll_s=0)
    world.run(1)
    world.start()
    world.run(2, acknowledge=True)
    world.recorder.vault_lost(world.now_us)
    world.finish()
    world.find_vault()
    world.run(5)
    world.start(SECOND)
    pressed_us = world.now_us
    world.run(1)
    (begin,) = world.of(wire.TakeBegin)
    assert begin.first_us >= pressed_us
    world.run(1, acknowledge=True)
    world.finish()
    world.run(6, acknowledge=True)
    assert world.recorder.ring.span_us < 2_500_000


def test_a_photograph_on_its_way_behind_what_is_refused_is_still_answered() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1, acknowledge=True)
    world.run(1)
    refused = world.vault[-1].sequence
    reached = world.delivery.outbox.reached
    world.delivery.stills.add(wire.Still(sequence=0, recording=FIRST, data=b"jpeg", at_us=1, at_utc_us=2))
    still = world.vault[-1].sequence
    world.recorder.refused(refused, "no take runs", world.now_us)
    world.delivery.acknowledged(refused - 1)
    before = world.delivery.outbox.reached
    world.delivery.acknowledged(still)
    assert len(world.heard(wire.PhotoTaken)) == 1
    assert world.delivery.outbox.reached == before  # of what was refused nothing counts as durable
    assert reached.frame <= before.frame < world.recorder.ring.pictures[-1].frame


def test_an_end_right_after_a_refusal_takes_the_rest_along() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1, acknowledge=True)
    world.run(2)
    reached = world.delivery.outbox.reached
    world.recorder.refused(world.of(wire.Fragment)[-1].sequence, "no take runs", world.now_us)
    last = world.recorder.ring.pictures[-1].frame
    world.vault.clear()
    world.finish()
    world.run(2, acknowledge=True)
    frames = world.frames()
    assert frames[0] <= reached.frame
    assert last in frames
    assert world.heard(wire.TakeEnded)[-1].acknowledged


def test_an_end_without_a_vault_does_not_say_that_all_is_durable() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1, acknowledge=True)
    world.run(2)
    world.recorder.vault_lost(world.now_us)
    world.finish()
    assert not world.heard(wire.TakeEnded)[-1].acknowledged


def test_where_the_recording_is_over_nothing_is_sent_until_the_supervisor_says_where_to() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1, acknowledge=True)
    world.recorder.refused(world.vault[-1].sequence, "the carrier failed", world.now_us, over=True)
    world.vault.clear()
    world.run(6)
    assert world.vault == []
    assert world.recorder.busy
    reached = world.delivery.outbox.reached
    world.start(SECOND, resume=True)
    world.run(1)
    assert [begin.recording for begin in world.of(wire.TakeBegin)] == [SECOND]
    first = next(fragment for fragment in world.of(wire.Fragment) if fragment.kind == "fragment")
    assert first.first_frame <= reached.frame  # all that no vault acknowledged is in it


def test_a_camera_that_stalls_becomes_a_take_of_sound_alone_and_comes_back() -> None:
    world = World()
    world.run(3)
    world.start()
    world.run(2, acknowledge=True)
    world.run(5, pictures=False, acknowledge=True)
    world.run(3, acknowledge=True)
    world.finish()
    world.run(0.5, acknowledge=True)
    begins = world.of(wire.TakeBegin)
    assert [begin.streams for begin in begins] == [["video", "sound"], ["sound"], ["video", "sound"]]
    assert [begin.cause for begin in begins] == ["press", "camera", "camera"]
    assert [end.cause for end in world.of(wire.TakeEnd)] == ["camera", "camera", "closing"]
    (gap,) = world.of(wire.GapFound)
    assert (gap.stream, gap.cause) == ("video", "camera")
    troubles = [(trouble.part, trouble.well, trouble.streams) for trouble in world.heard(wire.Trouble)[1:]]
    assert troubles == [("camera", False, ["sound"]), ("camera", True, ["video", "sound"])]
    assert [(ended.cause, ended.acknowledged) for ended in world.heard(wire.TakeEnded)] == [
        ("camera", False),
        ("closing", True),
    ]
    # no sample is lost or doubled from the first take's begin to the last one's end
    sound = np.concatenate([Decoded(data).sound for _, _, data in files_of(world.vault)])
    every = np.concatenate(world.source.samples)
    at = next(at for at in range(0, len(every), 4608) if (every[at : at + 4608] == sound[:4608]).all())
    assert (sound == every[at : at + len(sound)]).all()


def test_a_camera_that_is_not_there_at_the_press_does_not_delay_sound_for_ever() -> None:
    world = World()
    world.run(5, pictures=False)
    assert world.recorder._camera.lost
    press_us = world.now_us
    world.start()
    world.run(1, pictures=False)
    (begin,) = world.of(wire.TakeBegin)
    assert begin.streams == ["sound"]
    assert begin.first_us <= press_us


@pytest.mark.parametrize("mode", ["sound", "stills"])
def test_other_modes_record_sound_alone(mode: Mode) -> None:
    world = World(mode)
    world.run(3)
    press_us = world.now_us
    world.start()
    world.run(2, acknowledge=True)
    world.finish()
    world.run(1, acknowledge=True)
    (begin,) = world.of(wire.TakeBegin)
    assert begin.streams == ["sound"]
    assert press_us - FLAC_US <= begin.first_us <= press_us
    assert world.heard(wire.TakeEnded)[0].acknowledged
    assert not any(trouble.part == "camera" for trouble in world.heard(wire.Trouble))


def test_a_supervisor_that_asks_again_is_told_again_and_nothing_is_interrupted() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1)
    world.start()
    world.run(1)
    assert len(world.of(wire.TakeBegin)) == 1
    assert len(world.heard(wire.TakeStarted)) == 2


def test_an_end_without_a_take_is_answered_at_once() -> None:
    world = World()
    world.finish()
    (ended,) = world.heard(wire.TakeEnded)
    assert ended.acknowledged
    world.run(1)
    assert not world.vault


def test_stand_by_never_stops_a_take() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1)
    world.recorder.stand_by(wire.Standby(unit="KZ0417", number=43, mode="sound", pre_roll_us=0), world.now_us)
    world.run(1)
    assert world.orders.number == 42
    assert world.orders.mode == "video"
    assert not world.of(wire.TakeEnd)
    world.finish()
    world.run(1, acknowledge=True)
    assert (world.orders.number, world.orders.mode, world.orders.standby) == (43, "sound", True)


def test_a_still_is_kept_until_it_is_durable_and_follows_the_recording() -> None:
    world = World()
    world.run(1)
    world.start()
    world.run(1, acknowledge=True)
    still = wire.Still(sequence=0, recording=FIRST, data=b"\xff\xd8\xff", at_us=1, at_utc_us=2)
    assert world.delivery.stills.add(still)
    world.recorder.vault_lost(world.now_us)
    world.find_vault()
    world.start(SECOND, resume=True)
    world.run(0.2)
    (sent,) = world.of(wire.Still)
    assert (sent.recording, sent.data) == (SECOND, still.data)
    assert not world.heard(wire.PhotoTaken)
    world.acknowledge()
    assert [taken.at_us for taken in world.heard(wire.PhotoTaken)] == [1]
    assert world.delivery.stills._kept == []


def test_more_stills_than_can_wait_are_refused() -> None:
    world = World()
    world.recorder.vault_lost(world.now_us)
    huge = wire.Still(sequence=0, recording=FIRST, data=bytes(wire.MAX_FRAME), at_us=1, at_utc_us=2)
    assert not world.delivery.stills.add(huge)
    large = wire.Still(sequence=0, recording=FIRST, data=bytes(20_000_000 // 3), at_us=1, at_utc_us=2)
    assert [world.delivery.stills.add(large) for _ in range(6)] == [True] * 5 + [False]


def test_memory_is_bounded_while_no_vault_listens() -> None:
    world = World(pre_roll_s=0)
    world.run(1)
    world.start()
    world.recorder.vault_lost(world.now_us)
    packet = world.source.picture(world.now_us)
    for at in range(100):
        world.now_us += 1_000_000
        huge = PicturePacket(bytes(2_000_000), world.now_us, 0, True, packet.frame + 1 + at, 42, False, packet.shape)
        world.recorder.add(huge, world.now_us)
        world.recorder.tick(world.now_us)
        assert world.recorder.ring.bytes <= 48 * 1024 * 1024 + 2_000_000


def test_a_cameras_gap_begins_with_its_last_picture_and_not_when_that_came_through_the_encoder() -> None:
    world = World()
    world.run(3)
    world.start()
    world.run(2)
    last_us = world.now_us + 40_000
    late = world.source.picture(last_us, width=320, height=180)
    world.now_us += 240_000
    world.recorder.add(late, world.now_us)
    world.run(3, pictures=False)
    (gap,) = [each for each in world.of(wire.GapFound) if each.stream == "video"]
    assert (gap.cause, gap.from_us) == ("camera", last_us)


def test_what_was_seen_before_is_no_word_on_a_recording_without_pictures() -> None:
    world = World()
    line, report = SoundLine(lambda item: None, lambda: 0, 0), Report(0)
    world.run(3)
    assert report.state(world.now_us, world.recorder, line, "dark").picture == ""
    world.start()
    world.run(1)
    assert report.state(world.now_us, world.recorder, line, "dark").picture == "dark"
    stills = World(mode="stills")
    stills.run(3)
    stills.start()
    stills.run(1)
    assert report.state(stills.now_us, stills.recorder, line, "dark").picture == ""
