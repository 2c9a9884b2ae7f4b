"""The vault itself: what each message of capture and supervisor does. Runs on one thread; sockets and clock are given
to it.

Nobody who speaks here is trusted. What capture says against the rules is refused with a reason, journalled, and ends
its take; what the carrier refuses ends the recording, declared where there is still room to declare it.
"""

import contextlib
import errno
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kuager import wire
from kuager.errors import InputError, PeerError
from kuager.evidence.keys import RecordingKey
from kuager.evidence.records import VERSION, Cause, Continues, Device, Opened, Stamp
from kuager.evidence.unit import Started
from kuager.vault import layout
from kuager.vault.carrier import reason
from kuager.vault.keeper import Keeper, dead_recording
from kuager.vault.recording import Finished, Recording
from kuager.vault.seal import SealedRecording

_log = logging.getLogger(__name__)

_LOOK_US = 1_000_000  # how often carrier and clock are looked at and the supervisor is told
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MAX_REFUSALS = 32  # refusals journalled in one recording: a capture gone mad must not fill the carrier


class Peer(Protocol):
    """The other end of a connection."""

    def send(self, message: wire.Message) -> None:
        """Queue a message; raises PeerError where the other end is gone."""
        ...

    def close(self) -> None:
        """Drop the connection."""
        ...


@dataclass(frozen=True)
class About:
    """What stays the same while the vault runs. `path`: the carrier's, for people and for the supervisor."""

    unit: str
    board: str
    firmware: str
    device: Device
    path: Path
    max_file_bytes: int
    boot: bytes


class Vault:
    """One carrier, one unit, at most one open recording."""

    def __init__(
        self, about: About, keeper: Keeper, clock: Callable[[], Stamp], rig: Callable[[str], None] | None = None
    ) -> None:
        self._about, self._keeper, self._clock, self._rig = about, keeper, clock, rig
        self.recording: Recording | None = None
        self._media: Peer | None = None
        self._control: list[Peer] = []
        self._session = b""
        self._accepted: int | None = None
        """The newest sequence that capture was not yet told of."""
        self._refusals = 0
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
        batch = self.recording.due_us if self.recording else None
        return look if batch is None else min(look, batch)

    def tick(self) -> None:
        """Do what is due: a batch, and once a second a look at carrier and clock. Call it after each message, too."""
        now = self._clock()
        if self.recording and self.recording.due(now.boot_us):
            self._flush(now)
        if self._looked_us is None or now.boot_us - self._looked_us >= _LOOK_US:
            self._looked_us = now.boot_us
            self._look(now)

    def _look(self, now: Stamp) -> None:
        bay = self._keeper.bay
        self._keeper.look(now)
        if self.recording is not None:
            if bay.nearly_out:
                self._end_for_carrier("carrier-full", bay.detail, now)
            elif bay.state not in ("ready", "full"):
                self._lose(OSError(errno.ENODEV if bay.files is None else errno.EROFS, bay.detail), now)
        self._tell_state()

    # capture

    def media_opened(self, peer: Peer) -> None:
        """Capture connected; an older connection of it is dropped."""
        if self._media is not None:
            self._media.close()
            self.media_closed(self._media)
        self._media, self._accepted = peer, None

    def media_closed(self, peer: Peer) -> None:
        """Capture's socket closed: whatever it was recording is interrupted."""
        if peer is not self._media:
            return
        self._media = None
        if self.recording is not None and self.recording.take is not None:
            self.recording.end_interval("software", "capture's connection closed", self._clock())
            self.tick()

    def media_message(self, peer: Peer, message: wire.Sequenced) -> None:
        """One message of capture."""
        if peer is not self._media:
            return
        now = self._clock()
        try:
            self._take_in(message, now)
        except InputError as error:
            self._refuse(message, str(error), now)
        except OSError as error:
            if error.errno in _NO_ROOM:
                self._refuse(message, "the carrier is full", now)
                self._end_for_carrier("carrier-full", reason(error), now)
            else:
                self._lose(error, now)
                self._refuse(message, "the carrier failed", now)
        else:
            self._accepted = message.sequence
        self.tick()

    def _take_in(self, message: wire.Sequenced, now: Stamp) -> None:
        recording = self.recording
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
        _log.warning("refused %s %d: %s", type(message).__name__, message.sequence, why)
        with contextlib.suppress(PeerError):
            if self._media is not None:
                self._media.send(wire.Refused(sequence=message.sequence, reason=why[:200]))
        recording = self.recording
        if recording is None:
            return
        if self._refusals < _MAX_REFUSALS:
            self._refusals += 1
            data: dict[str, str | int | bool] = {"message": type(message).__name__, "reason": why[:200]}
            with contextlib.suppress(InputError):
                recording.event("refused", data, now)
        if isinstance(message, wire.TakeBegin | wire.Fragment | wire.GapFound | wire.TakeEnd):
            recording.end_interval("software", why, now)

    # supervisor

    def control_opened(self, peer: Peer) -> None:
        """A supervisor connected."""
        self._control.append(peer)
        self._send(peer, self._state())

    def control_closed(self, peer: Peer) -> None:
        """A supervisor is gone; recording goes on."""
        with contextlib.suppress(ValueError):
            self._control.remove(peer)

    def control_message(self, peer: Peer, message: wire.Message) -> None:
        """One message of the supervisor."""
        now = self._clock()
        try:
            self._obey(peer, message, now)
        except InputError as error:
            self._trouble("refused", str(error), _request(message))
        except OSError as error:
            self._lose(error, now)
        self.tick()

    def _obey(self, peer: Peer, message: wire.Message, now: Stamp) -> None:
        match message:
            case wire.OpenRecording():
                self._open(peer, message, now)
            case wire.CloseRecording():
                if self.recording is None:
                    self._trouble("no-recording", "no recording is open", message.request)
                else:
                    self._close(message.cause, message.dialogue, message.missing, message.request, now)
            case wire.Note():
                self._open_recording().note(message, now)
            case wire.SetProcedure():
                self._open_recording().set_procedure(message.procedure, now)
            case wire.UnitNote():
                self._keeper.event(message.code, message.data, now)
            case wire.Remember():
                self._session = message.session
            case wire.CarrierRig() if self._rig is not None:
                self._rig(message.fault)
            case _:
                raise InputError("the supervisor does not say this")

    def _open_recording(self) -> Recording:
        if self.recording is None:
            raise InputError("no recording is open")
        return self.recording

    def _open(self, peer: Peer, request: wire.OpenRecording, now: Stamp) -> None:
        keeper = self._keeper
        files, bay = keeper.bay.files, keeper.bay
        if self.recording is not None:
            self._trouble("already-open", f"{self.recording.name} is open", request.request)
            return
        if files is None or bay.state != "ready":
            self._trouble(f"carrier-{bay.state}", bay.detail or f"the carrier is {bay.state}", request.request)
            return
        death = keeper.death if request.continues else None
        continued = dead_recording(death) if death else None
        key = RecordingKey()
        number = keeper.next_number
        opened = Opened(
            version=VERSION,
            id=os.urandom(16),
            name=layout.recording(self._about.unit, number, now.utc_us),
            unit=self._about.unit,
            number=number,
            boot=self._about.boot,
            board=self._about.board,
            firmware=self._about.firmware,
            device=self._about.device,
            camera=request.camera,
            microphone=request.microphone,
            carrier=bay.device,
            mode=request.mode,
            language=request.language,
            procedure=request.procedure,
            operator=request.operator,
            pre_roll_us=request.pre_roll_us,
            recording_key=key.raw,
            certificates=keeper.identity.chain,
            previous=keeper.journal.memory.last,
            continues=Continues(id=continued.id, head=death.head, cause=death.cause, until_utc_us=death.until_utc_us)
            if death and continued
            else None,
        )
        try:
            recording = Recording(files, opened, key, keeper.identity.signer, now)
        except OSError as error:
            bay.fail(error, now.boot_us)
            self._trouble("carrier-failed", reason(error), request.request)
            self._tell_state()
            return
        self.recording, self._refusals, self._accepted = recording, 0, None
        keeper.opened(opened, recording.head, now)
        answer = wire.Opened(
            request=request.request,
            id=opened.id,
            name=opened.name,
            number=number,
            path=str(self._about.path / opened.name),
            continues=continued,
        )
        self._send(peer, answer)
        self._tell_state()

    # endings

    def _close(self, cause: Cause, dialogue: bool, missing: list[str], request: int, now: Stamp) -> Finished | None:
        recording = self.recording
        assert recording is not None
        try:
            finished = recording.close(cause, dialogue, missing, now)
        except OSError as error:
            self._lose(error, now)
            return None
        self._acknowledge(recording)
        self.recording = None
        path = str(self._about.path / finished.name)

        def sealed(outcome: SealedRecording | Exception) -> None:
            if isinstance(outcome, Exception):
                why = reason(outcome) if isinstance(outcome, OSError) else str(outcome)
                self._trouble("not-sealed", f"{finished.name} is closed and not yet sealed: {why}", request)
                return
            self._tell(
                wire.Sealed(
                    request=request,
                    id=outcome.id,
                    name=outcome.name,
                    path=path,
                    sha256=outcome.sha256,
                    files=outcome.files,
                    bytes=outcome.bytes,
                )
            )

        self._keeper.closed(finished, cause, now, sealed)
        self._tell_state()
        return finished

    def _end_for_carrier(self, code: str, why: str, now: Stamp) -> None:
        """There is no room for more media, but what is left is enough to end in order."""
        recording = self.recording
        if recording is not None and self._close("carrier", False, [], 0, now) is not None:
            self._trouble(code, why, ended=recording.id)

    def _lose(self, error: OSError, now: Stamp) -> None:
        """The carrier failed: nothing is tried again as if it had worked. What was acknowledged waits for recovery."""
        recording, self.recording = self.recording, None
        bay = self._keeper.bay
        if recording is None:
            bay.fail(error, now.boot_us)
        else:
            recording.abandon()
            self._keeper.lost(recording.summary.opened, recording.head, error, now)
        self._trouble(f"carrier-{bay.state}", reason(error), ended=recording.id if recording else None)
        self._tell_state()

    def stop(self) -> None:
        """The unit shuts down: close what is open, in order. The sealing may still run when this returns."""
        now = self._clock()
        if self.recording is not None:
            self._close("shutdown", False, [], 0, now)
        self._keeper.stop(now)

    @property
    def sealing(self) -> int:
        """Recordings closed and not yet sealed."""
        return self._keeper.sealing

    def _flush(self, now: Stamp) -> None:
        recording = self.recording
        assert recording is not None
        try:
            recording.flush(now)
        except OSError as error:
            self._lose(error, now)
        else:
            self._acknowledge(recording)

    def _acknowledge(self, recording: Recording) -> None:
        if self._accepted is not None and self._media is not None:
            self._send(self._media, wire.Acknowledged(sequence=self._accepted))
            self._accepted = None
        self._tell(
            wire.Durable(
                id=recording.id, durable_us=recording.durable_us, bytes=recording.bytes, interval=recording.interval
            )
        )

    # what is told

    def _state(self) -> wire.VaultState:
        keeper, recording = self._keeper, self.recording
        bay = keeper.bay
        others = f"also holds recordings of {', '.join(keeper.foreign)}" if keeper.foreign else ""
        return wire.VaultState(
            unit=self._about.unit,
            next_number=keeper.next_number,
            open_id=recording.id if recording else None,
            open_name=recording.name if recording else "",
            open_number=recording.number if recording else 0,
            carrier=bay.device,
            carrier_state=bay.state,
            carrier_detail=(bay.detail or others)[:200],
            free_bytes=bay.free,
            protections=recording.protections if recording else [],
            dead=dead_recording(keeper.death) if keeper.death else None,
            session=self._session,
        )

    def _tell_state(self) -> None:
        self._tell(self._state())

    def _trouble(self, code: str, why: str, request: int = 0, ended: bytes | None = None) -> None:
        _log.warning("%s: %s", code, why)
        self._tell(wire.VaultTrouble(code=code, reason=why[:1000], request=request, ended=ended))

    def _tell(self, message: wire.Message) -> None:
        for peer in list(self._control):
            self._send(peer, message)

    def _send(self, peer: Peer, message: wire.Message) -> None:
        try:
            peer.send(message)
        except PeerError as error:
            _log.warning("a message was not delivered: %s", error)


def _request(message: wire.Message) -> int:
    return message.request if isinstance(message, wire.OpenRecording | wire.CloseRecording) else 0
