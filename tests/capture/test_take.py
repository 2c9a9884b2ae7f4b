"""A take's files: cut anywhere they play, rolled over they lose nothing, and sound is bit for bit what was heard."""

import io
import random
from dataclasses import replace
from typing import Any

import av
import numpy as np
import pytest
from fakes import files_of
from pipeline_world import UTC_US, Decoded, Source, begin, collect

from kuager import wire
from kuager.capture.encoder import FLAC_SAMPLES
from kuager.capture.packets import FLAC_US, Gap, Said, SoundPacket
from kuager.capture.take import Take
from kuager.media import boxes, prft, sei


def record(
    source: Source,
    seconds: float,
    max_file_bytes: int = 2_000_000_000,
    *,
    pictures: bool = True,
    notes: tuple[Any, ...] = (),
) -> list[Any]:
    messages: list[Any] = []
    take: Take | None = None
    for packet in source.run(1_000_000, 1_000_000 + int(seconds * 1_000_000)):
        if not pictures and not isinstance(packet, SoundPacket):
            continue
        if take is None:
            take = Take(begin(packet), collect(messages), max_file_bytes)
            for note in notes:
                take.add(note)
        take.add(packet)
    assert take
    take.end("closing")
    return messages


def fragments(messages: list[Any], kind: str = "fragment") -> list[wire.Fragment]:
    return [message for message in messages if isinstance(message, wire.Fragment) and message.kind == kind]


def test_chunks_are_what_they_say() -> None:
    source = Source()
    messages = record(source, 3.4)
    assert next(message.kind for message in messages if isinstance(message, wire.Fragment)) == "init"
    assert isinstance(messages[0], wire.TakeBegin)
    assert isinstance(messages[-1], wire.TakeEnd)
    frame = sample = 0
    for chunk in fragments(messages):
        boxes.check_chunk(chunk.data, "fragment")
        moof = boxes.box_at(chunk.data, 32, len(chunk.data))
        assert moof
        runs = boxes.runs(chunk.data, moof)
        time = prft.decode(chunk.data)
        assert time.utc_us == chunk.first_utc_us
        assert time.media_time == runs[time.track].decode_time
        assert chunk.first_utc_us - chunk.first_us == UTC_US or not chunk.frames or chunk.first_utc_us > UTC_US
        assert (chunk.first_frame, chunk.first_sample) == (frame, sample)
        assert runs[1].samples == chunk.frames
        assert chunk.last_us - chunk.first_us < 800_000
        frame, sample = frame + chunk.frames, sample + chunk.samples
    assert frame == 85
    assert sample == len(source.samples) * FLAC_SAMPLES
    for init in fragments(messages, "init"):
        boxes.check_chunk(init.data, "init")


def test_fragments_last_half_a_second_and_their_utc_is_that_of_their_first_picture() -> None:
    pieces = fragments(record(Source(), 4))
    lengths = [piece.frames / 25 for piece in pieces[:-1]]
    assert max(lengths) <= 0.54
    assert np.mean(lengths) == pytest.approx(0.5, abs=0.02)
    for piece in pieces:
        first = UTC_US + 1_000_000 + piece.first_frame * 40_000
        assert not piece.frames or piece.first_utc_us == first
        assert piece.key == (piece.frames > 0 and piece.first_frame % 25 == 0)


def test_sound_that_began_before_the_keyframe_is_left_out_and_the_rest_stays_in_step() -> None:
    source = Source()
    messages: list[Any] = []
    key = source.picture(1_000_000)
    take = Take(begin(key), collect(messages), 2_000_000_000)
    take.add(key)
    early = 1_000_000 - 60_000
    for at_us in range(early, early + 20 * FLAC_US, FLAC_US):
        take.add(source.sound(at_us))
    for at_us in range(1_040_000, 2_800_000, 40_000):
        take.add(source.picture(at_us))
    take.end("closing")
    assert min(chunk.first_us for chunk in fragments(messages)) == 1_000_000
    ((_, _, data),) = files_of(messages)
    with av.open(io.BytesIO(data)) as container:
        first, *packets = [packet for packet in container.demux(audio=0) if packet.pts is not None]
    assert first.pts == (early + FLAC_US - 1_000_000) * 48_000 // 1_000_000
    assert {after.pts - before.pts for before, after in zip([first, *packets], packets, strict=False)} == {FLAC_SAMPLES}
    assert (Decoded(data).sound == np.concatenate(source.samples[1:])).all()


def test_sound_decodes_bit_for_bit() -> None:
    source = Source()
    ((_, _, data),) = files_of(record(source, 3))
    assert (Decoded(data).sound == np.concatenate(source.samples)).all()


def test_a_file_cut_anywhere_plays_what_is_whole() -> None:
    source = Source()
    messages = record(source, 3)
    ((_, _, data),) = files_of(messages)
    pieces = fragments(messages)
    ends, at = [], len(fragments(messages, "init")[0].data)
    for piece in pieces:
        at += len(piece.data)
        ends.append(at)
    cuts = random.Random(1).sample(range(ends[0], len(data)), 40)
    for cut in [*cuts, ends[0], len(data) - 1, len(data)]:
        length = boxes.whole_length(data[:cut])
        whole = sum(end <= cut for end in ends)
        assert length == ends[whole - 1]
        decoded = Decoded(data[:length])
        assert len(decoded.pictures) == sum(piece.frames for piece in pieces[:whole])
        samples = sum(piece.samples for piece in pieces[:whole])
        assert (decoded.sound == np.concatenate(source.samples)[:samples]).all()


@pytest.mark.parametrize("limit", [200_000, 300_000])
def test_roll_over_loses_and_doubles_nothing(limit: int) -> None:
    source = Source(crf=20)
    files = list(files_of(record(source, 8, limit)))
    assert len(files) > 2
    frames: list[int] = []
    sound = []
    for number, (_, file, data) in enumerate(files):
        assert file == number
        assert len(data) <= limit
        decoded = Decoded(data)
        assert decoded.keys[0]
        assert decoded.times[0] == 0
        assert 0 <= decoded.sound_begins < FLAC_US / 1_000_000
        frames += [mark.frame for packet in decoded.packets if (mark := sei.read_avcc(packet))]
        sound.append(decoded.sound)
        moof = next(box for box in boxes.walk(data) if box.type == b"moof")
        assert boxes.runs(data, moof)[1].decode_time == 0
    assert frames == list(range(200))
    assert (np.concatenate(sound) == np.concatenate(source.samples)).all()


def test_the_counts_go_on_across_files() -> None:
    pieces = fragments(record(Source(crf=20), 6, 200_000))
    assert pieces[-1].file > 0
    frame = sample = 0
    for piece in pieces:
        assert (piece.first_frame, piece.first_sample) == (frame, sample)
        frame, sample = frame + piece.frames, sample + piece.samples


def test_sound_stays_with_the_picture_across_roll_over() -> None:
    """Each file's own time plus its first picture's moment gives every sample its moment again."""
    source = Source(crf=20)
    heard_us = 1_000_000
    for _, _, data in files_of(record(source, 6, 200_000)):
        decoded = Decoded(data)
        mark = sei.read_avcc(decoded.packets[0])
        assert mark
        zero_us = (mark.utc_ms * 1000) - UTC_US
        assert zero_us + decoded.sound_begins * 1_000_000 == pytest.approx(heard_us, abs=1_000)
        heard_us += len(decoded.sound) // FLAC_SAMPLES * FLAC_US


def test_a_new_encoder_begins_a_new_file() -> None:
    source = Source()
    first = list(source.run(1_000_000, 3_000_000))
    messages: list[Any] = []
    take = Take(begin(first[0]), collect(messages), 2_000_000_000)
    for packet in first:
        take.add(packet)
    lighter = Source()
    for at in range(3_000_000, 4_000_000, 40_000):
        packet = lighter.picture(at)
        take.add(replace(packet, frame=packet.frame + 50, shape=replace(packet.shape, encoder=1)))
        if at % 80_000 == 0:
            take.add(source.sound(at))
    take.end("closing")
    files = [Decoded(data) for _, _, data in files_of(messages)]
    assert [len(file.pictures) for file in files] == [50, 25]


def test_sound_alone_makes_a_file_of_its_own_and_rolls_over_too() -> None:
    source = Source()
    files = list(files_of(record(source, 8, 400_000, pictures=False)))
    assert len(files) > 1
    assert all(len(data) <= 400_000 for _, _, data in files)
    sound = [Decoded(data) for _, _, data in files]
    assert all(not file.pictures for file in sound)
    assert (np.concatenate([file.sound for file in sound]) == np.concatenate(source.samples)).all()


def test_a_stalled_microphone_does_not_hold_back_pictures() -> None:
    source = Source()
    messages: list[Any] = []
    key = source.picture(1_000_000)
    take = Take(begin(key), collect(messages), 2_000_000_000)
    take.add(key)
    take.add(source.sound(1_000_000))
    held = 0
    for at in range(1_040_000, 6_000_000, 40_000):
        take.add(source.picture(at))
        sent = sum(piece.frames for piece in fragments(messages))
        held = max(held, (at - 1_000_000) // 40_000 - sent)
    assert held * 0.04 <= 1.1  # a fragment, and the half second that libav waits for sound


def test_what_capture_holds_back_and_would_lose_with_its_life_is_less_than_a_second() -> None:
    source, messages = Source(), list[Any]()
    take: Take | None = None
    worst = 0
    for packet in source.run(1_000_000, 7_000_000):
        take = take or Take(begin(packet), collect(messages), 2_000_000_000)
        take.add(packet)
        sent = sum(piece.frames for piece in fragments(messages))
        if not isinstance(packet, SoundPacket) and sent:
            worst = max(worst, packet.frame + 1 - sent)
    assert worst * 40_000 < 800_000


def test_notes_come_before_the_fragment_they_are_about_and_count_from_the_takes_first_sample() -> None:
    source = Source()
    for _ in range(5):
        source.sound(0)  # heard before the take
    silence = [
        Gap("sound", "press", 0, 1, first_sample=at * FLAC_SAMPLES, samples=FLAC_SAMPLES, detail="silent")
        for at in range(8)
    ]
    gone = Gap("sound", "press", 0, 1, first_sample=0, samples=FLAC_SAMPLES, detail="long ago")
    blind = Gap("video", "limit", 1_100_000, 1_200_000, frames=3)
    messages = record(source, 1.5, notes=(gone, *silence, blind, Said("rate-step", 1_100_000, {"every": 2})))
    kinds = [type(message).__name__ for message in messages]
    assert kinds[:6] == ["TakeBegin", "Fragment", "GapFound", "GapFound", "Remark", "Fragment"]
    sound, video = messages[2], messages[3]
    assert (sound.first_sample, sound.samples) == (0, 3 * FLAC_SAMPLES)
    assert (video.stream, video.frames, video.samples) == ("video", 3, 0)
    assert messages[4].data == {"every": 2}


def test_the_pre_rolls_pictures_are_told_apart() -> None:
    source = Source()
    source.orders.standby = True
    packets = list(source.run(1_000_000, 2_000_000))
    source.orders.standby = False
    packets += list(source.run(2_000_000, 3_000_000))
    messages: list[Any] = []
    take = Take(begin(packets[0]), collect(messages), 2_000_000_000)
    for packet in packets:
        take.add(packet)
    take.end("closing")
    for piece in fragments(messages):
        assert piece.standby == (piece.frames > 0 and piece.first_frame < 25)


def test_ffprobe_sees_h264_and_flac() -> None:
    ((_, _, data),) = files_of(record(Source(), 1))
    with av.open(io.BytesIO(data)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "flac"]
        assert container.streams.video[0].start_time == 0
