"""Decides what of the encoded stream goes to the vault: stand-by, takes, the change to sound alone and back.

One thread calls everything here, in the order in which things happened; nothing blocks. Media reach the vault in one
way only: they enter the ring, and the take that runs takes them from there. So a take can begin at any moment that the
ring holds: before the press, or where a vault that died had stopped acknowledging.
"""

import contextlib
from collections.abc import Callable, Iterator

from kuager import wire
from kuager.capture.announce import Devices
from kuager.capture.camerawatch import CameraWatch
from kuager.capture.delivery import Delivery, Tell
from kuager.capture.orders import Orders
from kuager.capture.packets import Gap, Item, PicturePacket
from kuager.capture.ring import Ring
from kuager.capture.standby import StandBy
from kuager.capture.starts import Plan, Start
from kuager.capture.take import Take
from kuager.capture.takes import Takes
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
        self._camera = CameraWatch(now_us)
        self._standby = StandBy(orders, self._camera, open_line, close_line)
        self._takes = Takes(delivery, max_file_bytes)
        self._wanted: wire.StartTake | None = None
        self._plan: Plan | None = None
        self._finish: Cause | None = None  # end the take, at the moment that it is limited to

    @property
    def take(self) -> Take | None:
        """The take that runs."""
        return self._takes.take

    @property
    def ring(self) -> Ring:
        """What is held."""
        return self._takes.ring

    @property
    def devices(self) -> Devices:
        """What takes say of camera and microphone."""
        return self._takes.devices

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
                self._takes.end(self._finish or "software")
        self._takes.follow(start)
        self._wanted, self._finish, self._takes.until_us = start, None, None
        self._plan = self._standby.plan(start, not_before_us=now_us + _HEARD_US)
        self._standby.leave(start, now_us)

    def heard(self, now_us: int) -> None:
        """What was heard since the press has come in: the take can begin."""
        if self._plan:
            self._plan.not_before_us = 0
        self._begin_if_planned(now_us)

    def finish(self, cause: Cause, now_us: int) -> None:
        """End the take at this moment."""
        if self._plan and self._plan.resume:
            self.heard(now_us)  # what no vault has acknowledged still belongs to this recording
        if self.take:
            if not self._finish:
                self._finish, self._takes.until_us = cause, now_us
            self._orders.until_us = self._takes.until_us or now_us
            self._orders.standby = True
        elif not self._delivery.closing:
            self._over(now_us)
            self._delivery.end(self._takes.count, cause, now_us, acknowledged=not self._takes.owed)

    # what comes from the sensors

    def add(self, item: Item, now_us: int) -> None:
        """A packet or a note."""
        self._takes.hold(item)
        if isinstance(item, PicturePacket):
            self.seen(now_us, item.boot_us)
        if self.take is None:
            self._begin_if_planned(now_us)
        else:
            with self._vault(now_us):
                if not self._switched(item):
                    self._takes.give(item)
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
        take, self._plan = self._takes.lose(), None
        if take and self._finish:
            self._delivery.close(take.number, self._finish, take.last_us)
            self._over(now_us)
        self._delivery.lost(now_us, reason)

    def refused(self, sequence: int, reason: str, now_us: int, *, over: bool = False) -> None:
        """The vault did not take a message: for it the take is over. Try again with a new one.

        `over`: the recording is over, too: what is held waits for the supervisor to say where to go on.
        """
        if self._delivery.stills.refused(sequence):
            self._tell(wire.Trouble(part="vault", well=False, at_us=now_us, reason=reason))
            return
        take = self._takes.lose()
        self._delivery.failed(reason)
        if over:
            self._outbox.forget()
        else:
            self._outbox.refused(sequence)
        if take is None:
            return
        cause: Cause = self._finish or "software"
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
        since_us, sees = self._standby.since_us, not self._camera.lost
        if start := self._takes.start(plan, wanted.number, self._orders.mode, since_us, sees=sees):
            self._plan = None
            with self._vault(now_us):
                self._begin(wanted, start, plan.cause)

    def _begin(self, wanted: wire.StartTake, start: Start, cause: Cause) -> None:
        if take := self._takes.begin(wanted, start, cause):
            self._tell(take.started)

    # the change to sound alone, and back

    def _without_camera(self, now_us: int) -> None:
        reason = "no pictures come from the camera"
        streams = self._streams_now(False)
        self._tell(wire.Trouble(part="camera", well=False, at_us=now_us, reason=reason, streams=streams))
        gap = Gap("video", "camera", self._camera.newest_us, now_us, detail="no pictures came")
        self._takes.hold(gap)
        self._takes.blind()
        take = self.take
        if take is None or not take.pictures:
            return
        with self._vault(now_us):
            take.add(gap)
            if self._finish is None:
                self._takes.end("camera")
                self._plan = Plan("camera", take.last_us, sound_from=self._takes.sample)
                self._delivery.end(take.number, "camera", take.last_us, acknowledged=False)

    def _switched(self, item: Item) -> bool:
        """Pictures are back: go over from sound alone where sound has come as far as the keyframe."""
        take, wanted = self.take, self._wanted
        if take is None or wanted is None or take.pictures or self._orders.mode != "video" or self._finish:
            return False
        key = self._takes.sees_again(item)
        if key is None:
            return False
        self._takes.end("camera")
        self._begin(wanted, Start(key, key.boot_us), "camera")
        return True

    def _streams_now(self, pictures: bool) -> list[Stream]:
        if not self.take:
            return []
        return ["video", "sound"] if pictures else ["sound"]

    # a take's end

    def _finish_if_due(self, now_us: int) -> None:
        take, cause, at_us = self.take, self._finish, self._takes.until_us
        if take is None or cause is None or at_us is None:
            return
        complete = self.ring.complete(at_us, pictures=take.pictures and not self._camera.lost)
        if complete or now_us - at_us > _SOUND_WAIT_US:
            self._over(now_us)
            self._delivery.close(take.number, cause, take.last_us)
            with self._vault(now_us):
                self._takes.end(cause)

    def _over(self, now_us: int) -> None:
        """Nothing is to be recorded any more."""
        self._finish = self._wanted = self._plan = self._takes.until_us = None
        self._standby.over(now_us)

    def _trim(self, now_us: int) -> None:
        needed: list[int | None] = [now_us if self._wanted else now_us - self._standby.pre_roll_us]
        if self.busy or self._takes.owed:
            needed.append(self._takes.unacknowledged_us())
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
