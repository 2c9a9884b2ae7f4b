"""Decides what of the encoded stream goes to the vault: stand-by, takes, the change to sound alone and back.

One thread calls everything here, in the order in which things happened; nothing blocks. Media reach the vault in one
way only: they enter the ring, and the take that runs takes them from there. So a take can begin at any moment that the
ring holds: before the press, or where a vault that died had stopped acknowledging.
"""

import contextlib
from collections.abc import Callable, Iterator

from kuager import wire
from kuager.capture import starts
from kuager.capture.announce import Devices
from kuager.capture.camerawatch import CameraWatch
from kuager.capture.delivery import Delivery, Tell
from kuager.capture.encoder import FLAC_SAMPLES
from kuager.capture.orders import Orders
from kuager.capture.outbox import Reached
from kuager.capture.packets import Gap, Item, PicturePacket, SoundPacket
from kuager.capture.ring import Ring
from kuager.capture.standby import StandBy
from kuager.capture.starts import Plan, Start
from kuager.capture.take import Take
from kuager.errors import PeerError
from kuager.evidence.records import Cause, Stream

_SOUND_WAIT_US = 1_500_000  # at the end of a take, for sound to come as far as the pictures
_HEARD_US = 500_000  # in which what was heard since the press comes in
_PATIENCE_US = 3_000_000  # before going on unasked in the recording where the vault had stopped


class Recorder:
    """`open_line` and `close_line` say whether what is heard may be encoded (`open_line`: since when)."""

    def __init__(
        self,
        orders: Orders,
        delivery: Delivery,
        tell: Tell,
        open_line: Callable[[int], None],
        close_line: Callable[[], None],
        max_file_bytes: int,
        now_us: int,
    ) -> None:
        self._orders, self._delivery, self._tell = orders, delivery, tell
        self._outbox = delivery.outbox
        self._max_file_bytes = max_file_bytes
        self._camera = CameraWatch(now_us)
        self._standby = StandBy(orders, self._camera, open_line, close_line)
        self.ring = Ring()
        self.devices = Devices()
        self.take: Take | None = None
        self._wanted: wire.StartTake | None = None
        self._plan: Plan | None = None
        self._finish: tuple[Cause, int] | None = None  # end the take, at this moment
        self._switch: PicturePacket | None = None  # a take of sound alone ends when sound has reached this keyframe
        self._takes = 0
        self._recording = b""  # of the newest take
        self._owed = False  # of an earlier take not all is acknowledged: the next one may begin with the rest
        self._sample = 0  # index after the newest sound packet

    @property
    def busy(self) -> bool:
        """Whether a take runs, is wanted, or is not yet acknowledged."""
        return bool(self.take or self._wanted or self._delivery.closing)

    @property
    def streams(self) -> list[Stream]:
        """Those of the take that runs."""
        return list(self.take.begin.streams) if self.take else []

    @property
    def sees(self) -> bool:
        """Whether the camera is on and delivers."""
        return self._orders.camera and not self._camera.lost

    # what the supervisor asks

    def stand_by(self, standby: wire.Standby, now_us: int) -> None:
        """Be ready for this; while something is recorded it waits."""
        self._standby.asked = standby
        if self._wanted is None:
            self._standby.enter(now_us)

    def start(self, start: wire.StartTake, now_us: int) -> None:
        """Record into this recording. What was heard since the press comes in after this; then call `heard`."""
        if self.take and self._wanted and self._wanted.recording == start.recording and not self._finish:
            self._tell(self.take.started)
            return
        if self.take:
            with self._vault(now_us):
                self._end_take(self._finish[0] if self._finish else "software")
        if start.resume and self._recording not in (b"", start.recording):
            # Where a recording goes on in another, the first was lost with all that was not acknowledged.
            self._outbox.forget()
            self._owed = True
        self._wanted, self._finish = start, None
        self._plan = self._standby.plan(start, not_before_us=now_us + _HEARD_US)
        self._standby.leave(start, now_us)

    def heard(self, now_us: int) -> None:
        """What was heard since the press has come in: the take can begin."""
        if self._plan:
            self._plan.not_before_us = 0
        self._begin_if_planned(now_us)

    def finish(self, cause: Cause, now_us: int) -> None:
        """End the take at this moment."""
        if self.take:
            self._finish = self._finish or (cause, now_us)
            self._orders.until_us = self._finish[1]
            self._orders.standby = True
        elif not self._delivery.closing:
            self._over(now_us)
            self._delivery.end(self._takes, cause, now_us, acknowledged=True)

    # what comes from the sensors

    def add(self, item: Item, now_us: int) -> None:
        """A packet or a note."""
        self.ring.add(item)
        if isinstance(item, PicturePacket):
            self.seen(now_us, item.boot_us)
        elif isinstance(item, SoundPacket):
            self._sample = item.first + FLAC_SAMPLES
        if self.take is None:
            self._begin_if_planned(now_us)
        else:
            with self._vault(now_us):
                if not self._switched(item):
                    self._add(self.take, item)
        self._finish_if_due(now_us)

    def seen(self, now_us: int, taken_us: int | None = None) -> None:
        """The camera gave a picture, encoded (then `taken_us` is its time) or not."""
        if self._camera.seen(now_us, taken_us):
            self._tell(wire.Trouble(part="camera", well=True, at_us=now_us, streams=self._streams_now(True)))

    def tick(self, now_us: int) -> None:
        """Some time has passed; to be called several times a second."""
        if self._orders.camera and self._camera.fails(now_us):
            self._without_camera(now_us)
        self._begin_if_planned(now_us)
        self._finish_if_due(now_us)
        self._trim(now_us)

    # what the vault says

    def vault_found(self, now_us: int) -> None:
        """A vault listens. If nobody says where to go on, go on in the same recording."""
        if self._wanted and self.take is None and self._plan is None:
            self._plan = Plan("software", now_us, resume=True, not_before_us=now_us + _PATIENCE_US)

    def vault_lost(self, now_us: int, reason: str = "the vault is gone") -> None:
        """The vault is gone: the ring goes on holding what it did not acknowledge."""
        take, self.take, self._plan, self._switch = self.take, None, None, None
        self._owed |= bool(take) or self._delivery.closing
        if take:
            take.drop()
        if take and self._finish:
            self._delivery.close(take.number, self._finish[0], take.last_us)
            self._over(now_us)
        self._delivery.lost(now_us, reason)

    def refused(self, sequence: int, reason: str, now_us: int, *, over: bool = False) -> None:
        """The vault did not take a message: for it the take is over. Try again with a new one.

        `over`: the recording is over, too: what is held waits for the supervisor to say where to go on.
        """
        if self._delivery.stills.refused(sequence):
            self._tell(wire.Trouble(part="vault", well=False, at_us=now_us, reason=reason))
            return
        self._delivery.failed(reason)
        self._outbox.forget(0 if over else sequence)
        take, self.take, self._switch = self.take, None, None
        if take is None:
            return
        take.drop()
        self._owed = True
        cause: Cause = self._finish[0] if self._finish else "software"
        if self._finish:
            self._over(now_us)
        elif not over:
            self._plan = Plan("software", now_us, resume=True, not_before_us=now_us + _PATIENCE_US)
        self._delivery.end(take.number, cause, take.last_us, acknowledged=False, detail=reason)

    # a take's begin

    def _begin_if_planned(self, now_us: int) -> None:
        plan, wanted = self._plan, self._wanted
        if plan is None or wanted is None or self.take or not self._outbox.connected or now_us < plan.not_before_us:
            return
        if start := self._start(plan, wanted.number):
            self._plan = None
            with self._vault(now_us):
                self._begin(wanted, start, plan.cause)

    def _start(self, plan: Plan, number: int) -> Start | None:
        if plan.resume and self._owed:
            return starts.resuming(self.ring, self._outbox.reached, self._outbox.begun)
        if self._orders.mode == "video" and plan.sound_from is None and not self._camera.lost:
            return starts.with_pictures(self.ring, plan, number, self._standby.since_us)
        return starts.with_sound(self.ring, plan, self._standby.since_us)

    def _begin(self, wanted: wire.StartTake, start: Start, cause: Cause) -> None:
        key = start.key
        sound = next((packet for packet in self.ring.sound if packet.boot_us >= start.sound_us), None)
        first = key or sound
        if first is None:
            return
        self._takes, self._owed = self._takes + 1, False
        after_pictures = self.ring.pictures[-1].frame + 1 if self.ring.pictures else 0
        frame, sample = key.frame if key else after_pictures, sound.first if sound else self._sample
        self._outbox.begin(Reached(frame, sample, first.boot_us))
        begin = self.devices.announce(wanted.recording, self._takes, cause, first)
        self._recording = wanted.recording
        self.take = take = Take(begin, self._outbox.post, self._max_file_bytes)
        if start.missing:
            take.add(start.missing)
        for item in self.ring.since(key, start.sound_us):
            self._add(take, item)
        self._delivery.stills.resend(wanted.recording)
        self._tell(take.started)

    def _add(self, take: Take, item: Item) -> None:
        """Give the take what belongs to it: no pictures without their stream, none from after the end."""
        if isinstance(item, PicturePacket) and (not take.pictures or (self._finish and item.boot_us > self._finish[1])):
            return
        take.add(item)

    # the change to sound alone, and back

    def _without_camera(self, now_us: int) -> None:
        reason = "no pictures come from the camera"
        streams = self._streams_now(False)
        self._tell(wire.Trouble(part="camera", well=False, at_us=now_us, reason=reason, streams=streams))
        gap = Gap("video", "camera", self._camera.newest_us, now_us, detail="no pictures came")
        self.ring.add(gap)
        self._switch = None
        take = self.take
        if take is None or not take.pictures:
            return
        with self._vault(now_us):
            take.add(gap)
            if self._finish is None:
                self._end_take("camera")
                self._plan = Plan("camera", take.last_us, sound_from=self._sample)
                self._delivery.end(take.number, "camera", take.last_us, acknowledged=False)

    def _switched(self, item: Item) -> bool:
        """Pictures are back: go over from sound alone where sound has come as far as the keyframe."""
        take, wanted = self.take, self._wanted
        if take is None or wanted is None or take.pictures or self._orders.mode != "video" or self._finish:
            return False
        if isinstance(item, PicturePacket) and item.key and self._switch is None:
            self._switch = item
        if self._switch is None or not isinstance(item, SoundPacket) or item.boot_us < self._switch.boot_us:
            return False
        key = self._switch
        self._end_take("camera")
        self._begin(wanted, Start(key, key.boot_us), "camera")
        return True

    def _streams_now(self, pictures: bool) -> list[Stream]:
        if not self.take:
            return []
        return ["video", "sound"] if pictures else ["sound"]

    # a take's end

    def _finish_if_due(self, now_us: int) -> None:
        take, finish = self.take, self._finish
        if take is None or finish is None:
            return
        cause, at_us = finish
        complete = self.ring.complete(at_us, pictures=take.pictures and not self._camera.lost)
        if complete or now_us - at_us > _SOUND_WAIT_US:
            self._over(now_us)
            self._delivery.close(take.number, cause, take.last_us)
            with self._vault(now_us):
                self._end_take(cause)

    def _end_take(self, cause: Cause) -> None:
        take, self.take, self._switch = self.take, None, None
        if take:
            take.end(cause)

    def _over(self, now_us: int) -> None:
        """Nothing is to be recorded any more."""
        self._finish = self._wanted = self._plan = None
        self._standby.over(now_us)

    def _trim(self, now_us: int) -> None:
        needed: list[int | None] = [now_us if self._wanted else now_us - self._standby.pre_roll_us]
        if self.busy or self._owed:
            needed.append(starts.unacknowledged_us(self.ring, self._outbox.reached))
            if self._plan and not self._plan.resume:
                needed.append(self._plan.since_us - self._plan.pre_roll_us)
        self.ring.hold(needed, self._standby.pre_roll_us)

    @contextlib.contextmanager
    def _vault(self, now_us: int) -> Iterator[None]:
        """Whatever is sent in here may find the vault gone."""
        try:
            yield
        except PeerError as error:
            self.vault_lost(now_us, str(error))
