"""Decides what of the encoded stream goes to the vault: stand-by, takes, the change to sound alone and back.

One thread calls everything here, in the order in which things happened; nothing blocks. Media reach the vault in one
way only: they enter the ring, and the take that runs takes them from there. So a take can begin at any moment that the
ring holds: before the press, or where a vault that died had stopped acknowledging.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kuager import wire
from kuager.capture.encoder import FLAC_SAMPLES
from kuager.capture.orders import Orders
from kuager.capture.outbox import Outbox, Reached
from kuager.capture.packets import Gap, Item, Note, PicturePacket, SoundPacket
from kuager.capture.retention import MAX_BYTES, MAX_UNACKNOWLEDGED_US, Start, pre_roll_start, resume_start
from kuager.capture.retention import unacknowledged_us as unacknowledged
from kuager.capture.ring import Ring
from kuager.capture.stills import Stills
from kuager.capture.take import Take
from kuager.errors import PeerError
from kuager.evidence.records import Cause, Device, Stream

STALL_US = 2_000_000
"""A camera that gives nothing for so long has stalled."""

_SOUND_WAIT_US = 1_500_000  # at the end of a take, for sound to come as far as the pictures
_OPENING_US = 2_000_000  # that a camera may take from off to its first picture, before it counts as stalled
_HEARD_US = 500_000  # in which what was heard since the press comes in
_PATIENCE_US = 3_000_000  # before going on unasked in the recording where the vault had stopped


@dataclass(slots=True)
class Sensors:
    """What a take says of camera and microphone."""

    camera: Device | None = None
    microphone: Device | None = None
    rate_millihertz: int = 0


@dataclass(slots=True)
class _Plan:
    """A take that is to begin as soon as it can."""

    cause: Cause
    since_us: int
    pre_roll_us: int = 0
    resume: bool = False
    sound_from: int | None = None  # sound alone, from this sample on
    not_before_us: int = 0


class Recorder:
    """`open_line` and `close_line` say whether what is heard may be encoded (`open_line`: since when)."""

    def __init__(
        self,
        orders: Orders,
        outbox: Outbox,
        tell: Callable[[wire.Message], None],
        open_line: Callable[[int], None],
        close_line: Callable[[], None],
        max_file_bytes: int,
        now_us: int,
    ) -> None:
        self._orders, self._outbox, self._tell = orders, outbox, tell
        self._open_line, self._close_line = open_line, close_line
        self._max_file_bytes = max_file_bytes
        self.ring = Ring()
        self.sensors = Sensors()
        self.stills = Stills(outbox)
        self.take: Take | None = None
        self.wanted: wire.StartTake | None = None
        self._standby: wire.Standby | None = None
        self._standby_us = 0  # no pre-roll reaches back before this
        self._plan: _Plan | None = None
        self._finish: tuple[Cause, int] | None = None
        self._switch: PicturePacket | None = None  # a take of sound alone ends when sound has reached this keyframe
        self._takes = 0
        self._closing: tuple[int, Cause, int] | None = None  # take that was ended on request, not yet acknowledged
        self._sample = 0  # index after the newest sound packet
        self._picture_us = now_us + _OPENING_US  # when the camera was last seen to work, or may first be expected to
        self.camera_lost = False

    @property
    def busy(self) -> bool:
        """Whether a take runs, is wanted, or is not yet acknowledged."""
        return bool(self.take or self.wanted or self._closing)

    @property
    def streams(self) -> list[Stream]:
        """Those of the take that runs."""
        return list(self.take.begin.streams) if self.take else []

    # what the supervisor asks

    def stand_by(self, standby: wire.Standby, now_us: int) -> None:
        """Be ready for this; while something is recorded it waits."""
        self._standby = standby
        if self.wanted is None:
            self._stand_by(now_us)

    def start(self, start: wire.StartTake, now_us: int) -> None:
        """Record into this recording. The sound since the press comes in after this, and then `heard` is to be called."""
        if self.wanted and self.wanted.recording == start.recording and self.take and not self._finish:
            self._tell_started(self.take)
            return
        with self._vault():
            if self.take:
                self._end_take("software" if self._finish is None else self._finish[0])
        self.wanted, self._finish, self._closing = start, None, None
        orders = self._orders
        camera_was_on = orders.camera
        orders.number, orders.mode, orders.standby, orders.key = start.number, start.mode, False, True
        self._open_line(start.since_us)
        pre_roll_us = self._standby.pre_roll_us if self._standby else 0
        self._plan = _Plan(start.cause, start.since_us, pre_roll_us, start.resume, not_before_us=now_us + _HEARD_US)
        self._await_camera(camera_was_on, now_us)

    def heard(self, now_us: int) -> None:
        """What was heard since the press has come in: the take can begin."""
        if self._plan:
            self._plan.not_before_us = 0
        with self._vault():
            self.begin(now_us)

    def finish(self, cause: Cause, now_us: int) -> None:
        """End the take at this moment."""
        if self.take and self._finish is None:
            self._finish = cause, now_us
            self._orders.standby = True
        elif self.take is None and self._closing is None:
            self._plan = self.wanted = None
            self._stand_by(now_us)
            self._tell(wire.TakeEnded(take=self._takes, cause=cause, last_us=now_us, acknowledged=True))

    # what comes from the sensors

    def add(self, item: Item, now_us: int) -> None:
        """A packet or a note."""
        self.ring.add(item)
        if isinstance(item, PicturePacket):
            self.seen(now_us)
        elif isinstance(item, SoundPacket):
            self._sample = item.first + FLAC_SAMPLES
        with self._vault():
            if self.take is None:
                self.begin(now_us)
            elif not self._switched(item):
                self._add(self.take, item)
        self._finish_if_due(now_us)

    def tick(self, now_us: int) -> None:
        """Some time has passed; to be called several times a second."""
        if not self.camera_lost and self._orders.camera and now_us - self._picture_us > STALL_US:
            self._camera(well=False, now_us=now_us)
        if self.take is None:
            with self._vault():
                self.begin(now_us)
        self._finish_if_due(now_us)
        self._trim(now_us)

    def seen(self, now_us: int) -> None:
        """The camera gave a picture that is not encoded."""
        self._picture_us = now_us
        if self.camera_lost:
            self._camera(well=True, now_us=now_us)

    def vault_found(self, send: Callable[[wire.Message], None], waiting: Callable[[], int], now_us: int) -> None:
        """A vault listens. If nobody else says where to go on, go on in the same recording."""
        self._outbox.connect(send, waiting)
        if self.wanted and self.take is None and self._plan is None:
            self._plan = _Plan("software", now_us, resume=True, not_before_us=now_us + _PATIENCE_US)
        self._tell(wire.Trouble(part="vault", well=True, at_us=now_us))

    def still(self, still: wire.Still, now_us: int) -> None:
        """A photograph."""
        if not self.stills.add(still):
            reason = "too many stills wait for the vault"
            self._tell(wire.Trouble(part="vault", well=False, at_us=now_us, reason=reason))

    # what the vault says

    def vault_lost(self, now_us: int, reason: str = "the vault is gone") -> None:
        """The vault is gone: the ring goes on holding what it did not acknowledge."""
        self._outbox.disconnect()
        self.stills.vault_lost()
        self.take = self._plan = self._switch = None
        self._tell(wire.Trouble(part="vault", well=False, at_us=now_us, reason=reason[:200]))
        if self._finish:
            self._closing = self._takes, self._finish[0], self._finish[1]
            self._over(now_us)
        if self._closing:
            self._ended(acknowledged=False, detail="the vault is gone")

    def acknowledged(self, sequence: int) -> None:
        """All up to this message is durable."""
        for message in self._outbox.acknowledged(sequence):
            if isinstance(message, wire.TakeEnd) and self._closing and message.take == self._closing[0]:
                self._ended(acknowledged=True)
            elif isinstance(message, wire.Still):
                self._tell(wire.PhotoTaken(at_us=message.at_us))
                self.stills.done(message.sequence)

    def refused(self, sequence: int, reason: str, now_us: int) -> None:
        """The vault did not take a message: for it the take is over."""
        if self.stills.refused(sequence):
            self._tell(wire.Trouble(part="vault", well=False, at_us=now_us, reason=reason))
            return
        take, self.take, self._switch = self.take, None, None
        if take is None:
            return
        self._closing = take.number, "software", take.last_us
        if self._finish:
            self._over(now_us)
        else:
            self._plan = _Plan("software", now_us, resume=True, not_before_us=now_us + _PATIENCE_US)
        self._ended(acknowledged=False, detail=reason)

    # inside

    def begin(self, now_us: int) -> None:
        """Begin the take that is wanted, if there is what it needs."""
        plan = self._plan
        if plan is None or self.wanted is None or not self._outbox.connected or self.take:
            return
        if now_us < plan.not_before_us:
            return
        start: Start | None = None
        if plan.resume:
            start = resume_start(self.ring, self._outbox.reached)
        elif self._orders.mode == "video" and plan.sound_from is None and not self.camera_lost:
            number = self.wanted.number
            key = pre_roll_start(self.ring, number, self._standby_us, plan.since_us, plan.pre_roll_us)
            start = Start(key, key.boot_us) if key else None
        else:
            start = self._sound_start(plan)
        if start:
            self._plan = None
            self._begin(start, plan.cause)

    def _sound_start(self, plan: _Plan) -> Start | None:
        keeps = self._standby and self._standby.pre_roll_sound
        earliest_us = max(self._standby_us, plan.since_us - (plan.pre_roll_us if keeps else 0))
        for packet in self.ring.sound:
            if packet.end_us > earliest_us if plan.sound_from is None else packet.first >= plan.sound_from:
                return Start(None, packet.boot_us)
        return None

    def _begin(self, start: Start, cause: Cause) -> None:
        wanted, key = self.wanted, start.key
        sound = next((packet for packet in self.ring.sound if packet.boot_us >= start.sound_us), None)
        first = key or sound
        if wanted is None or first is None:
            return
        streams: list[Stream] = ["video", "sound"] if key else ["sound"]
        self._takes += 1
        sample = sound.first if sound else self._sample
        frame = key.frame if key else self.ring.pictures[-1].frame + 1 if self.ring.pictures else 0
        self._outbox.begin(Reached(frame, sample, first.boot_us))
        begin = wire.TakeBegin(
            sequence=0,
            recording=wanted.recording,
            take=self._takes,
            cause=cause,
            streams=streams,
            first_us=first.boot_us,
            first_utc_us=first.utc_us,
            width=key.shape.width if key else 0,
            height=key.shape.height if key else 0,
            rate_millihertz=self.sensors.rate_millihertz if key else 0,
            sample_rate=48_000,
            camera=self.sensors.camera if key else None,
            microphone=self.sensors.microphone,
        )
        self.take = take = Take(begin, self._outbox.post, self._max_file_bytes)
        if start.missing:
            take.add(start.missing)
        for item in self.ring.since(key, start.sound_us):
            self._add(take, item)
        self.stills.resend(wanted.recording)
        self._tell_started(take)

    def _add(self, take: Take, item: Item) -> None:
        """Give the take what belongs to it: no pictures without their stream, none from after the end."""
        if isinstance(item, PicturePacket) and (not take.pictures or (self._finish and item.boot_us > self._finish[1])):
            return
        take.add(item)

    def _switched(self, item: Item) -> bool:
        """Pictures are back: go over from sound alone where sound has come as far as the keyframe."""
        take, wanted = self.take, self.wanted
        if take is None or wanted is None or take.pictures or self._orders.mode != "video" or self._finish:
            return False
        if isinstance(item, PicturePacket) and item.key and self._switch is None:
            self._switch = item
        if self._switch is None or not isinstance(item, SoundPacket) or item.boot_us < self._switch.boot_us:
            return False
        key, self._switch = self._switch, None
        self._end_take("camera")
        self._begin(Start(key, key.boot_us), "camera")
        return True

    def _camera(self, *, well: bool, now_us: int) -> None:
        self.camera_lost = not well
        video: list[Stream] = ["video"] if well else []
        streams: list[Stream] = [*video, "sound"] if self.take else []
        reason = "" if well else "no pictures come from the camera"
        self._tell(wire.Trouble(part="camera", well=well, at_us=now_us, reason=reason, streams=streams))
        if well:
            return
        self._switch = None
        from_us = min(self._picture_us, now_us)
        self._note(Gap("video", "camera", from_us, now_us, detail="no pictures came"))
        take = self.take
        if take and take.pictures and not self._finish:
            with self._vault():
                self._end_take("camera")
                self._tell(wire.TakeEnded(take=take.number, cause="camera", last_us=take.last_us, acknowledged=False))
                self._plan = _Plan("camera", take.last_us, sound_from=self._sample)

    def _note(self, note: Note) -> None:
        self.ring.add(note)
        if self.take:
            with self._vault():
                self.take.add(note)

    def _finish_if_due(self, now_us: int) -> None:
        take, finish = self.take, self._finish
        if take is None or finish is None:
            return
        cause, at_us = finish
        heard = bool(self.ring.sound) and self.ring.sound[-1].end_us >= at_us
        seen = not take.pictures or self.camera_lost or self._newest_picture_us() >= at_us
        if (heard and seen) or now_us - at_us > _SOUND_WAIT_US:
            self._closing = take.number, cause, take.last_us
            self._over(now_us)
            with self._vault():
                self._end_take(cause)
                self._closing = take.number, cause, take.last_us

    def _over(self, now_us: int) -> None:
        """Nothing is to be recorded any more. What was heard or seen up to now belongs to no pre-roll."""
        self._finish = self.wanted = self._plan = None
        self._standby_us = now_us
        self._orders.key = True
        self._stand_by(now_us)

    def _await_camera(self, was_on: bool, now_us: int) -> None:
        if self._orders.camera and not was_on:
            self.camera_lost = False
            self._picture_us = now_us + _OPENING_US

    def _newest_picture_us(self) -> int:
        return self.ring.pictures[-1].boot_us if self.ring.pictures else 0

    def _end_take(self, cause: Cause) -> None:
        take, self.take, self._switch = self.take, None, None
        if take:
            take.end(cause)

    def _ended(self, *, acknowledged: bool, detail: str = "") -> None:
        if self._closing:
            take, cause, last_us = self._closing
            self._closing = None
            self._tell(
                wire.TakeEnded(take=take, cause=cause, last_us=last_us, acknowledged=acknowledged, detail=detail[:200])
            )

    def _stand_by(self, now_us: int) -> None:
        orders, standby = self._orders, self._standby
        orders.standby = True
        if standby is None:
            return
        if standby.pre_roll_sound:
            self._open_line(now_us)
        else:
            self._close_line()
        if orders.number != standby.number:
            orders.key = True
        camera_was_on = orders.camera
        orders.unit, orders.number, orders.training = standby.unit, standby.number, standby.training
        orders.mode = standby.mode
        self._await_camera(camera_was_on, now_us)

    def _tell_started(self, take: Take) -> None:
        begin = take.begin
        self._tell(
            wire.TakeStarted(
                take=begin.take,
                recording=begin.recording,
                streams=begin.streams,
                cause=begin.cause,
                first_us=begin.first_us,
            )
        )

    def _trim(self, now_us: int) -> None:
        pre_roll_us = self._standby.pre_roll_us if self._standby else 0
        needed = now_us - pre_roll_us
        if self.wanted or self.take or self._closing:
            if (waiting := unacknowledged(self.ring, self._outbox.reached)) is not None:
                needed = min(needed, waiting)
            if self._plan and not self._plan.resume:
                needed = min(needed, self._plan.since_us - self._plan.pre_roll_us)
        self.ring.trim(needed)
        self.ring.bound(MAX_BYTES, pre_roll_us + MAX_UNACKNOWLEDGED_US)

    @contextlib.contextmanager
    def _vault(self) -> Iterator[None]:
        """Whatever is sent in here may find the vault gone."""
        try:
            yield
        except PeerError as error:
            self.vault_lost(self._picture_us, str(error))
