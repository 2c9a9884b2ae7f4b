"""One take: packets of an uninterrupted stretch become messages to the vault, in one file or more.

A file with pictures begins with a keyframe at its time 0, and its sound with the first FLAC frame that begins at or
after that keyframe. Roll-over cuts there too: sound that begins before the keyframe stays in the old file, so that no
picture and no sample is lost or doubled. Sound is counted from the take's first sample.
"""

from collections.abc import Callable

from kuager import wire
from kuager.capture.encoder import FLAC_SAMPLES
from kuager.capture.mux import Muxer, Part
from kuager.capture.outbox import Reached
from kuager.capture.packets import Gap, Item, Note, PicturePacket, Said, Shape, SoundPacket, join
from kuager.capture.sensors import SAMPLE_RATE
from kuager.evidence.records import Cause

Post = Callable[[wire.Sequenced, Reached | None], object]
"""Numbers a message and sends it, with how far the media are sent."""

_BOXES = 64 * 1024  # room for a file's boxes, generously
_LONGEST_HOLD_US = 2_000_000


class Take:
    """Begins with its first packet: a keyframe, or sound for a take without pictures."""

    def __init__(self, begin: wire.TakeBegin, post: Post, max_file_bytes: int) -> None:
        self.begin = begin
        self.number = begin.take
        self.last_us = begin.first_us
        self.last_utc_us = begin.first_utc_us
        self._post, self._max = post, max_file_bytes
        self._muxer: Muxer | None = None
        self._file = -1
        self._base: int | None = None  # index of the take's first sample
        self._next_sample = 0
        self._next_frame = 0
        self._notes: list[Note] = []  # not yet posted
        self._first_us = 0
        self._frame_us = 1_000_000_000 // (begin.rate_millihertz or 25_000)
        self._group = self._largest_group = 0  # bytes of pictures from keyframe to keyframe
        self._shape: Shape | None = None
        self._cut_us = 0
        self._held: list[PicturePacket] = []  # of the next file, until sound has reached its keyframe
        post(begin, None)

    @property
    def pictures(self) -> bool:
        """Whether this take has pictures."""
        return "video" in self.begin.streams

    @property
    def started(self) -> wire.TakeStarted:
        """What the supervisor is told of its begin."""
        begin = self.begin
        return wire.TakeStarted(
            take=begin.take,
            recording=begin.recording,
            streams=begin.streams,
            cause=begin.cause,
            first_us=begin.first_us,
        )

    def add(self, item: Item) -> None:
        """Take in one item, each stream in its own order."""
        if isinstance(item, PicturePacket):
            self._add_picture(item)
        elif isinstance(item, SoundPacket):
            self._add_sound(item)
        else:
            self._note(item)

    def end(self, cause: Cause, detail: str = "") -> None:
        """Write out everything and say that the take is over."""
        self._roll()
        self._close_file()
        if self._base is None:
            self._base = 0
        self._declare()
        self._post(
            wire.TakeEnd(
                sequence=0,
                take=self.number,
                cause=cause,
                last_us=self.last_us,
                last_utc_us=self.last_utc_us,
                detail=detail,
            ),
            None,
        )

    def _add_picture(self, packet: PicturePacket) -> None:
        if self._held:
            self._held.append(packet)
            if packet.boot_us - self._cut_us > _LONGEST_HOLD_US:
                self._roll()
        elif packet.key and self._must_roll(packet):
            self._cut_us = packet.boot_us
            self._held.append(packet)
        else:
            self._pack(packet)

    def _add_sound(self, packet: SoundPacket) -> None:
        if self._held and packet.boot_us >= self._cut_us:
            self._roll()
        if self._base is None:
            if packet.boot_us < self.begin.first_us:
                return  # it comes after the keyframe, and began before it
            self._base = self._next_sample = packet.first
        self._pack(packet)

    def _must_roll(self, key: PicturePacket) -> bool:
        self._largest_group, self._group = max(self._group, self._largest_group), 0
        if self._muxer is None:
            return False
        # The next group may be larger than any before; the encoder's rate has a bound, for which a large file has room.
        room = _BOXES + max(3 * self._largest_group, min(16_000_000, self._max // 16))
        return key.shape != self._shape or self._muxer.bytes_in + room > self._max

    def _roll(self) -> None:
        if held := self._held:
            self._held = []
            self._close_file()
            for packet in held:
                self._pack(packet)

    def _pack(self, packet: PicturePacket | SoundPacket) -> None:
        if self._muxer is None:
            self._shape = packet.shape if isinstance(packet, PicturePacket) else None
            self._file += 1
            self._muxer = Muxer(self._shape, packet.boot_us)
        if isinstance(packet, PicturePacket):
            self._group += len(packet.data)
        self._send(self._muxer.add(packet))
        if isinstance(packet, SoundPacket) and not self.pictures and self._muxer.bytes_in + _BOXES * 4 > self._max:
            self._close_file()

    def drop(self) -> None:
        """Nobody takes it any more: let go of the muxer, which Python alone frees late. The ring holds its packets."""
        muxer, self._muxer = self._muxer, None
        if muxer:
            muxer.close()

    def _close_file(self) -> None:
        if self._muxer:
            muxer, self._muxer = self._muxer, None
            self._send(muxer.close())

    def _send(self, parts: list[Part]) -> None:
        for part in parts:
            if part.kind == "init":
                self._post(self._init(part), None)
            else:
                self._declare()
                self._post(self._fragment(part), Reached(self._next_frame, self._next_sample, self.last_us))

    def _init(self, part: Part) -> wire.Fragment:
        return wire.Fragment(
            sequence=0,
            take=self.number,
            file=self._file,
            kind="init",
            data=part.data,
            first_us=self.last_us,
            last_us=self.last_us,
            first_utc_us=self.last_utc_us,
            first_frame=self._next_frame,
            first_sample=self._next_sample - (self._base or 0),
        )

    def _fragment(self, part: Part) -> wire.Fragment:
        pictures, sound = part.pictures, part.sound
        firsts: list[PicturePacket | SoundPacket] = [*pictures[:1], *sound[:1]]
        ends = [packet.boot_us + self._frame_us for packet in pictures[-1:]] + [packet.end_us for packet in sound[-1:]]
        first_frame = pictures[0].frame if pictures else self._next_frame
        first_sample = sound[0].first if sound else self._next_sample
        self._next_frame = pictures[-1].frame + 1 if pictures else first_frame  # counters may have holes, declared
        self._next_sample = first_sample + len(sound) * FLAC_SAMPLES
        # A stream that comes late lies in a later fragment; the fragments' own times never go back.
        self._first_us = max(self._first_us, min(packet.boot_us for packet in firsts))
        self.last_us = max(self.last_us, *ends)
        self.last_utc_us = firsts[0].utc_us + self.last_us - firsts[0].boot_us
        return wire.Fragment(
            sequence=0,
            take=self.number,
            file=self._file,
            kind="fragment",
            data=part.data,
            first_us=self._first_us,
            last_us=self.last_us,
            first_utc_us=firsts[0].utc_us,
            key=bool(pictures) and pictures[0].key,
            standby=any(packet.standby for packet in pictures),
            frames=len(pictures),
            first_frame=first_frame,
            samples=len(sound) * FLAC_SAMPLES,
            first_sample=first_sample - (self._base or 0),
        )

    def _note(self, note: Note) -> None:
        last = self._notes[-1] if self._notes else None
        if isinstance(last, Gap) and isinstance(note, Gap) and (joined := join(last, note)):
            self._notes[-1] = joined
        else:
            self._notes.append(note)

    def _declare(self) -> None:
        """Post what there is to say; always before the fragment that it is about."""
        # A sample range means nothing before the take's first sample is known.
        if self._base is None:
            return
        notes, self._notes = self._notes, []
        for note in notes:
            if isinstance(note, Said):
                self._post(wire.Remark(sequence=0, take=self.number, code=note.code, data=note.data), None)
            elif message := self._gap(note, self._base):
                self._post(message, None)

    def _gap(self, gap: Gap, base: int) -> wire.GapFound | None:
        first = max(gap.first_sample, base)
        samples = max(0, gap.first_sample + gap.samples - first)
        from_us = gap.from_us
        if gap.samples and not samples:
            return None  # all of it lies before this take
        if samples < gap.samples:
            from_us = gap.to_us - samples * 1_000_000 // SAMPLE_RATE
        if gap.stream == "video" and not self.pictures:
            return None
        return wire.GapFound(
            sequence=0,
            take=self.number,
            stream=gap.stream,
            cause=gap.cause,
            from_us=from_us,
            to_us=gap.to_us,
            frames=gap.frames,
            first_sample=first - base if samples else 0,
            samples=samples,
            detail=gap.detail,
        )
