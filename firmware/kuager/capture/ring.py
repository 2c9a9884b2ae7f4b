"""Holds encoded packets: the pre-roll, and what no vault has acknowledged. Bounded in bytes and time; never blocks.

Pictures leave in whole groups from keyframe to keyframe, so that what is held can always be played from its begin.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from heapq import merge

from kuager.capture.packets import Item, Note, PicturePacket, SoundPacket

MAX_HELD_BYTES = 48 * 1024 * 1024
MAX_UNACKNOWLEDGED_US = 40_000_000
"""Held over the pre-roll: longer than a vault may hang (30 s) and its successor takes to begin.

Of more, the oldest is let go, and declared missing if it is needed after all.
"""

_STALE_US = 2_000_000


class Ring:
    """Packets in the order of their time, each stream for itself; used from one thread."""

    def __init__(self) -> None:
        self.pictures: deque[PicturePacket] = deque()
        self.sound: deque[SoundPacket] = deque()
        self.notes: deque[Note] = deque()
        self.bytes = 0

    def add(self, item: Item) -> None:
        """Hold one item more. Pictures before the first keyframe are of no use and are not held."""
        if isinstance(item, PicturePacket):
            if not self.pictures and not item.key:
                return
            self.pictures.append(item)
            self.bytes += len(item.data)
        elif isinstance(item, SoundPacket):
            self.sound.append(item)
            self.bytes += len(item.data)
        else:
            self.notes.append(item)

    @property
    def first_us(self) -> int | None:
        """The earliest moment held; None when there is none."""
        return min((queue[0].boot_us for queue in (self.pictures, self.sound) if queue), default=None)

    @property
    def span_us(self) -> int:
        """From the earliest to the latest moment held."""
        last = max((queue[-1].boot_us for queue in (self.pictures, self.sound) if queue), default=0)
        return last - (self.first_us or last)

    def complete(self, until_us: int, *, pictures: bool) -> bool:
        """Whether all has come that there is to this moment: sound, and pictures where there are any."""
        heard = bool(self.sound) and self.sound[-1].end_us >= until_us
        return heard and (not pictures or bool(self.pictures and self.pictures[-1].boot_us >= until_us))

    def hold(self, needed: Iterable[int | None], pre_roll_us: int) -> None:
        """Let go what none of these moments needs, and of what is left the oldest, where it is more than is held."""
        self.trim(min(moment for moment in needed if moment is not None))
        self.bound(MAX_HELD_BYTES, pre_roll_us + MAX_UNACKNOWLEDGED_US)

    def trim(self, needed_us: int) -> None:
        """Let go what is not needed to play from `needed_us` on: up to the last keyframe at or before it."""
        for key in [packet.boot_us for packet in self.pictures if packet.key][1:]:
            if key > needed_us:
                break
            self._drop_group()
        if self.pictures and self.pictures[-1].boot_us < needed_us - _STALE_US:
            self._drop_group()  # no later one came: the camera is off
        self._drop_before(min(needed_us, self.pictures[0].boot_us) if self.pictures else needed_us)

    def bound(self, max_bytes: int, max_us: int) -> None:
        """Let go the oldest until both limits hold. What is left always includes the newest group of pictures."""
        while self.bytes > max_bytes or self.span_us > max_us:
            first = self.first_us or 0
            if sum(packet.key for packet in self.pictures) > 1:
                self._drop_group()
                self._drop_before(self.pictures[0].boot_us)
            elif not self.pictures and self.sound:
                self._drop_before(self.sound[0].boot_us + 1)
            else:
                return
            if self.first_us == first:
                return

    def since(self, key: PicturePacket | None, sound_us: int) -> Iterator[Item]:
        """What is held from a moment on: notes, then in order of time pictures (from `key`; None: none) and sound."""
        pictures = (packet for packet in self.pictures if key and packet.frame >= key.frame)
        sound = (packet for packet in self.sound if packet.boot_us >= sound_us)
        streams: list[Iterator[PicturePacket | SoundPacket]] = [pictures, sound]
        yield from [note for note in self.notes if note.end_us > sound_us]
        yield from merge(*streams, key=lambda packet: packet.boot_us)

    def first_key(self, wanted: Callable[[PicturePacket], bool]) -> PicturePacket | None:
        """The earliest keyframe that is `wanted`."""
        return next((packet for packet in self.pictures if packet.key and wanted(packet)), None)

    def last_key(self, until_us: int, from_frame: int) -> PicturePacket | None:
        """Of the keyframes from this picture on: the latest at or before a moment, else the earliest."""
        found = None
        for packet in self.pictures:
            if packet.key and packet.frame >= from_frame and (found is None or packet.boot_us <= until_us):
                found = packet
        return found

    def _drop_group(self) -> None:
        self.bytes -= len(self.pictures.popleft().data)
        while self.pictures and not self.pictures[0].key:
            self.bytes -= len(self.pictures.popleft().data)

    def _drop_before(self, moment_us: int) -> None:
        while self.sound and self.sound[0].boot_us < moment_us:
            self.bytes -= len(self.sound.popleft().data)
        while self.notes and self.notes[0].end_us < moment_us:
            self.notes.popleft()
