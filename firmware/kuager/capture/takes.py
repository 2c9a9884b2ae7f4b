"""Makes takes out of what is held, one at a time, and knows what of an earlier one the vault has not acknowledged.

Used from one thread; methods that send raise PeerError where the vault is gone.
"""

from kuager import wire
from kuager.capture import starts
from kuager.capture.announce import Devices
from kuager.capture.delivery import Delivery
from kuager.capture.encoder import FLAC_SAMPLES
from kuager.capture.outbox import Reached
from kuager.capture.packets import Item, PicturePacket, SoundPacket
from kuager.capture.ring import Ring
from kuager.capture.starts import Plan, Start
from kuager.capture.take import Take
from kuager.evidence.records import Cause, Mode


class Takes:
    """`take` is the one that runs. `until_us`: no pictures from after this moment belong to it."""

    def __init__(self, delivery: Delivery, max_file_bytes: int) -> None:
        self._delivery, self._outbox = delivery, delivery.outbox
        self._max_file_bytes = max_file_bytes
        self.ring = Ring()
        self.devices = Devices()
        self.take: Take | None = None
        self.until_us: int | None = None
        self.count = 0
        self.owed = False
        """Of an earlier take not all is acknowledged: the next one may begin with the rest, held until then."""
        self.sample = 0
        """Index after the newest sound packet."""
        self._recording = b""  # of the newest take
        self._switch: PicturePacket | None = None  # a take of sound alone ends when sound has reached this keyframe

    def hold(self, item: Item) -> None:
        """Something came from the encoders."""
        self.ring.add(item)
        if isinstance(item, SoundPacket):
            self.sample = item.first + FLAC_SAMPLES

    def start(self, plan: Plan, number: int, mode: Mode, since_us: int, *, sees: bool) -> Start | None:
        """Where a take would begin by this plan; None while nothing is there to begin with. `since_us`: of pre-roll."""
        if plan.resume and self.owed:
            return starts.resuming(self.ring, self._outbox.reached, self._outbox.begun)
        if mode == "video" and plan.sound_from is None and sees:
            return starts.with_pictures(self.ring, plan, number, since_us)
        return starts.with_sound(self.ring, plan, since_us)

    def begin(self, wanted: wire.StartTake, start: Start, cause: Cause) -> Take | None:
        """Begin a take with all that is held from there on."""
        key = start.key
        sound = next((packet for packet in self.ring.sound if packet.boot_us >= start.sound_us), None)
        first = key or sound
        if first is None:
            return None
        self.count, self.owed, self._recording = self.count + 1, False, wanted.recording
        after_pictures = self.ring.pictures[-1].frame + 1 if self.ring.pictures else 0
        frame, sample = key.frame if key else after_pictures, sound.first if sound else self.sample
        self._outbox.begin(Reached(frame, sample, first.boot_us))
        begin = self.devices.announce(wanted.recording, self.count, cause, first)
        self.take = take = Take(begin, self._outbox.post, self._max_file_bytes)
        if start.missing:
            take.add(start.missing)
        for item in self.ring.since(key, start.sound_us):
            self.give(item)
        self._delivery.stills.resend(wanted.recording)
        return take

    def give(self, item: Item) -> None:
        """Give the take what belongs to it: no pictures without their stream, none from after its end."""
        take = self.take
        if take is None:
            return
        after = self.until_us is not None and isinstance(item, PicturePacket) and item.boot_us > self.until_us
        if not after and (take.pictures or not isinstance(item, PicturePacket)):
            take.add(item)

    def sees_again(self, item: Item) -> PicturePacket | None:
        """Pictures are back in a take of sound alone: the keyframe at which to go over, once sound has come so far."""
        if isinstance(item, PicturePacket) and item.key and self._switch is None:
            self._switch = item
        key = self._switch
        return key if key and isinstance(item, SoundPacket) and item.boot_us >= key.boot_us else None

    def blind(self) -> None:
        """No pictures come: whatever keyframe was seen is none to go over at."""
        self._switch = None

    def end(self, cause: Cause) -> None:
        """The take ends here, if one runs."""
        take, self.take, self._switch = self.take, None, None
        if take:
            take.end(cause)

    def lose(self) -> Take | None:
        """The vault takes no more of the take that ran: what it has not acknowledged is owed."""
        take, self.take, self._switch = self.take, None, None
        if take:
            take.drop()
        self.owed |= bool(take) or self._delivery.closing
        return take

    def follow(self, start: wire.StartTake) -> None:
        """Where a recording goes on in another, the first was lost with all that was not acknowledged."""
        if start.resume and self._recording not in (b"", start.recording):
            self._outbox.forget()
            self.owed = True

    def unacknowledged_us(self) -> int | None:
        """The first moment held that is not acknowledged; None where all is."""
        return starts.unacknowledged_us(self.ring, self._outbox.reached)
