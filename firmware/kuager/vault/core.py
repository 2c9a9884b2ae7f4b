"""The vault itself: what each message of capture and supervisor does, on one thread.

Nobody who speaks here is trusted. What capture says against the rules is refused with a reason, journalled, and ends
its take; what the carrier refuses ends the recording, declared where there is still room to declare it.
"""

import contextlib
import errno
import logging
from collections.abc import Callable

from kuager import wire
from kuager.errors import InputError
from kuager.evidence.records import Stamp
from kuager.evidence.unit import Started
from kuager.vault.carrier import reason
from kuager.vault.desk import About, Desk, Peer
from kuager.vault.keeper import Keeper
from kuager.vault.recording import Recording

_log = logging.getLogger(__name__)

_LOOK_US = 1_000_000  # how often carrier and clock are looked at and the supervisor is told
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MAX_REFUSALS = 32  # refusals journalled in one recording: a capture gone mad must not fill the carrier

Played = wire.CarrierRig | wire.ClockRig


class Vault:
    """One carrier, one unit, at most one open recording. `rig` plays faults, on the virtual board only."""

    def __init__(
        self, about: About, keeper: Keeper, clock: Callable[[], Stamp], rig: Callable[[Played], None] | None = None
    ) -> None:
        self._about, self._keeper, self._clock, self._rig = about, keeper, clock, rig
        self._desk = Desk(about, keeper)
        self._refusals = (b"", 0)
        self._refused = ""
        self._looked_us: int | None = None

    def start(self) -> None:
        """Journal the start, recover the carrier; call it once, before any message."""
        now = self._clock()
        self._keeper.started(
            Started(boot=self._about.boot, firmware=self._about.firmware, board=self._about.board), now
        )
        self.tick()

    # time

    def due_us(self) -> int:
        """When `tick` must be called next, CLOCK_BOOTTIME us, if no message comes before."""
        look = 0 if self._looked_us is None else self._looked_us + _LOOK_US
        batch = self._desk.recording.due_us if self._desk.recording else None
        return look if batch is None else min(look, batch)

    def tick(self) -> None:
        """Do what is due: a batch, and once a second a look at carrier and clock. Call it after each message, too."""
        now = self._clock()
        if self._desk.recording and self._desk.recording.due(now.boot_us):
            self._desk.flush(now)
            # Counted from its end: on a slow carrier all that came meanwhile then goes into the next batch, where a
            # batch for each message would fall further and further behind.
            if self._desk.recording:
                self._desk.recording.flushed(self._clock().boot_us)
        if self._looked_us is None or now.boot_us - self._looked_us >= _LOOK_US:
            self._looked_us = now.boot_us
            self._look(now)

    def _look(self, now: Stamp) -> None:
        bay = self._keeper.bay
        self._keeper.look(now)
        if self._desk.recording is not None:
            if bay.nearly_out:
                self._desk.end_for_carrier("carrier-full", bay.detail, now)
            elif bay.state not in ("ready", "full"):
                self._desk.lose(OSError(errno.ENODEV if bay.files is None else errno.EROFS, bay.detail), now)
        self._desk.tell_state()

    # capture

    def media_opened(self, peer: Peer) -> None:
        """Capture connected; an older connection of it is dropped."""
        if self._desk.media is not None:
            self._desk.media.close()
            self.media_closed(self._desk.media)
        self._desk.media, self._desk.accepted = peer, None

    def media_closed(self, peer: Peer) -> None:
        """Capture's socket closed: whatever it was recording is interrupted."""
        if peer is not self._desk.media:
            return
        self._desk.media = None
        if self._desk.recording is not None and self._desk.recording.take is not None:
            self._desk.recording.end_interval("software", "capture's connection closed", self._clock())
            self.tick()

    def media_message(self, peer: Peer, message: wire.Sequenced) -> None:
        """One message of capture."""
        if peer is not self._desk.media:
            return
        now = self._clock()
        try:
            self._take_in(message, now)
        except InputError as error:
            self._refuse(message, str(error), now)
        except OSError as error:
            if error.errno in _NO_ROOM:
                self._refuse(message, "the carrier is full", now)
                self._desk.end_for_carrier("carrier-full", reason(error), now)
            else:
                self._desk.lose(error, now)
                self._refuse(message, "the carrier failed", now)
        else:
            self._refused = ""
            self._desk.accepted = message.sequence
        self.tick()

    def _take_in(self, message: wire.Sequenced, now: Stamp) -> None:
        recording = self._desk.recording
        if recording is None:
            raise InputError("no recording is open")
        match message:
            case wire.Fragment():
                recording.fragment(message, self._about.max_file_bytes, now)
            case wire.TakeBegin():
                recording.begin_interval(message, now)
            case wire.GapFound():
                recording.gap(message, now)
            case wire.Remark():
                recording.event(message.code, message.data, now)
            case wire.TakeEnd():
                recording.end_take(message, now)
            case wire.Still():
                recording.photo(message, now)
            case _:
                raise InputError("capture does not say this")

    def _refuse(self, message: wire.Sequenced, why: str, now: Stamp) -> None:
        recording = self._desk.recording
        if recording is not None or why != self._refused:  # what was on its way to a recording is refused alike
            _log.warning("refused %s %d: %s", type(message).__name__, message.sequence, why)
        self._refused = why
        if self._desk.media is not None:
            over = recording is None
            self._desk.send(self._desk.media, wire.Refused(sequence=message.sequence, reason=why[:200], over=over))
        if recording is None:
            return
        of, count = self._refusals
        count = count + 1 if of == recording.id else 1
        self._refusals = (recording.id, count)
        if count <= _MAX_REFUSALS:
            data: dict[str, str | int | bool] = {"message": type(message).__name__, "reason": why[:200]}
            with contextlib.suppress(InputError):
                recording.event("refused", data, now)
        if isinstance(message, wire.TakeBegin | wire.Fragment | wire.GapFound | wire.TakeEnd):
            recording.end_interval("software", why, now)

    # supervisor

    def control_opened(self, peer: Peer) -> None:
        """A supervisor connected."""
        self._desk.control.append(peer)
        self._desk.send(peer, self._desk.state())

    def control_closed(self, peer: Peer) -> None:
        """A supervisor is gone; recording goes on."""
        with contextlib.suppress(ValueError):
            self._desk.control.remove(peer)

    def control_message(self, peer: Peer, message: wire.Message) -> None:
        """One message of the supervisor."""
        now = self._clock()
        try:
            self._obey(peer, message, now)
        except InputError as error:
            self._desk.trouble("refused", str(error), _request(message))
        except OSError as error:
            self._desk.lose(error, now)
        self.tick()

    def _obey(self, peer: Peer, message: wire.Message, now: Stamp) -> None:
        match message:
            case wire.OpenRecording():
                self._desk.open(peer, message, now)
            case wire.CloseRecording():
                if self._desk.recording is None:
                    self._desk.trouble("no-recording", "no recording is open", message.request)
                else:
                    self._desk.close(message.cause, message.dialogue, message.missing, message.request, now)
            case wire.Note():
                self._open_recording().note(message, now)
            case wire.SetProcedure():
                self._open_recording().set_procedure(message.procedure, now)
            case wire.UnitNote():
                self._keeper.event(message.code, message.data, now)
            case wire.Remember():
                self._desk.session = message.session
            case wire.PrepareCarrier():
                self._prepare(now)
            case wire.CarrierRig() | wire.ClockRig() if self._rig is not None:
                self._rig(message)
            case _:
                raise InputError("the supervisor does not say this")

    def _prepare(self, now: Stamp) -> None:
        try:
            self._keeper.prepare(now)
        except OSError as error:
            self._desk.trouble("not-prepared", reason(error))
        self._desk.tell_state()

    def _open_recording(self) -> Recording:
        if self._desk.recording is None:
            raise InputError("no recording is open")
        return self._desk.recording

    def stop(self) -> None:
        """The unit shuts down: close what is open, in order. The sealing may still run when this returns."""
        now = self._clock()
        if self._desk.recording is not None:
            self._desk.close("shutdown", False, ["closing-dialogue"], 0, now)

    def finish(self) -> None:
        """The last thing done: the unit's own journal."""
        self._keeper.stop(self._clock())

    @property
    def sealing(self) -> int:
        """Recordings closed and not yet sealed."""
        return self._keeper.sealing


def _request(message: wire.Message) -> int:
    return message.request if isinstance(message, wire.OpenRecording | wire.CloseRecording) else 0
