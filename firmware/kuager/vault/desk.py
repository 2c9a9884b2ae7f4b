"""The open recording and everything said about it: opening, acknowledging, ending in order or not, telling.

At most one recording is open. Whatever the carrier refuses ends it: in order where there was only no room for more
media, else as it stands, for recovery to find.
"""

import logging
import os
from dataclasses import dataclass
from typing import Protocol

from kuager import wire
from kuager.errors import PeerError
from kuager.evidence.keys import RecordingKey
from kuager.evidence.records import VERSION, Cause, Continues, Device, Opened, Stamp
from kuager.vault import layout
from kuager.vault.carrier import reason
from kuager.vault.finished import Finished
from kuager.vault.keeper import Keeper, dead_recording
from kuager.vault.recording import Recording
from kuager.vault.recovery import Death
from kuager.vault.seal import SealedRecording

_log = logging.getLogger(__name__)

_MAX_MISSING = 64  # as many as a manifest lists


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
    """What stays the same while the vault runs."""

    unit: str
    board: str
    firmware: str
    device: Device
    max_file_bytes: int
    boot: bytes


class Desk:
    """`media` is capture's connection, `control` are the supervisor's. Nothing here reads a clock."""

    def __init__(self, about: About, keeper: Keeper) -> None:
        self.about, self.keeper = about, keeper
        self.recording: Recording | None = None
        self.media: Peer | None = None
        self.control: list[Peer] = []
        self.session = b""
        """What the supervisor wants remembered."""
        self.accepted: int | None = None
        """The newest sequence that capture was not yet told of."""

    def open(self, peer: Peer, request: wire.OpenRecording, now: Stamp) -> None:
        """Open a recording, or tell why not; raises InputError where the request asks for what no record can hold."""
        keeper = self.keeper
        files, bay = keeper.bay.files, keeper.bay
        if self.recording is not None:
            self.trouble("already-open", f"{self.recording.name} is open", request.request)
            return
        if files is None or bay.state != "ready":
            self.trouble(f"carrier-{bay.state}", bay.detail or f"the carrier is {bay.state}", request.request)
            return
        death = keeper.death if request.continues else None
        continued = dead_recording(death) if death else None
        key = RecordingKey()
        number = keeper.next_number
        opened = Opened(
            version=VERSION,
            id=os.urandom(16),
            name=layout.recording(self.about.unit, number, now.utc_us),
            unit=self.about.unit,
            number=number,
            boot=self.about.boot,
            board=self.about.board,
            firmware=self.about.firmware,
            device=self.about.device,
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
            continues=_continues(death) if death else None,
        )
        try:
            recording = Recording(files, opened, key, keeper.identity.signer, now)
        except OSError as error:
            bay.fail(error, now.boot_us)
            self.trouble("carrier-failed", reason(error), request.request)
            self.tell_state()
            return
        self.recording, self.accepted = recording, None
        keeper.opened(opened, recording.head, now)
        answer = wire.Opened(
            request=request.request,
            id=opened.id,
            name=opened.name,
            number=number,
            path=str(bay.path / opened.name),
            continues=continued,
        )
        self.send(peer, answer)
        self.tell_state()

    def close(self, cause: Cause, dialogue: bool, missing: list[str], request: int, now: Stamp) -> Finished | None:
        """End the open recording in order; it is sealed in the background. None where the carrier failed meanwhile."""
        recording = self.recording
        assert recording is not None
        try:
            finished = recording.close(cause, dialogue, missing[:_MAX_MISSING], now)
        except OSError as error:
            self.lose(error, now)
            return None
        self._acknowledge(recording)
        self.recording = None
        path = str(self.keeper.bay.path / finished.name)

        def sealed(outcome: SealedRecording | Exception) -> None:
            if isinstance(outcome, Exception):
                why = reason(outcome) if isinstance(outcome, OSError) else str(outcome)
                self.trouble("not-sealed", f"{finished.name} is closed and not yet sealed: {why}", request)
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

        self.keeper.closed(finished, cause, now, sealed)
        self.tell_state()
        return finished

    def end_for_carrier(self, code: str, why: str, now: Stamp) -> None:
        """There is no room for more media, but what is left is enough to end in order."""
        recording = self.recording
        if recording is not None and self.close("carrier", False, [], 0, now) is not None:
            self.trouble(code, why, ended=recording.id)

    def lose(self, error: OSError, now: Stamp) -> None:
        """The carrier failed: nothing is tried again as if it had worked. What was acknowledged waits for recovery."""
        recording, self.recording, self.accepted = self.recording, None, None
        bay = self.keeper.bay
        if recording is None:
            bay.fail(error, now.boot_us)
        else:
            recording.abandon()
            self.keeper.lost(recording.summary.opened, recording.head, error, now)
        self.trouble(f"carrier-{bay.state}", reason(error), ended=recording.id if recording else None)
        self.tell_state()

    def flush(self, now: Stamp) -> None:
        """Make a batch durable and tell everybody how far it reaches."""
        recording = self.recording
        assert recording is not None
        try:
            recording.flush(now)
        except OSError as error:
            self.lose(error, now)
        else:
            self._acknowledge(recording)

    def _acknowledge(self, recording: Recording) -> None:
        if self.accepted is not None and self.media is not None:
            self.send(self.media, wire.Acknowledged(sequence=self.accepted))
            self.accepted = None
        self._tell(
            wire.Durable(
                id=recording.id, durable_us=recording.durable_us, bytes=recording.bytes, interval=recording.interval
            )
        )

    def state(self) -> wire.VaultState:
        """What is open and how the carrier is."""
        keeper, recording = self.keeper, self.recording
        bay = keeper.bay
        others = f"also holds recordings of {', '.join(keeper.foreign)}" if keeper.foreign else ""
        return wire.VaultState(
            unit=self.about.unit,
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
            session=self.session,
        )

    def tell_state(self) -> None:
        """Tell every supervisor."""
        self._tell(self.state())

    def trouble(self, code: str, why: str, request: int = 0, ended: bytes | None = None) -> None:
        """Tell every supervisor that something failed, and which recording had to be ended for it."""
        _log.warning("%s: %s", code, why)
        self._tell(wire.VaultTrouble(code=code, reason=why[:1000], request=request, ended=ended))

    def _tell(self, message: wire.Message) -> None:
        for peer in list(self.control):
            self.send(peer, message)

    def send(self, peer: Peer, message: wire.Message) -> None:
        """Tell one; a peer that is gone or does not read is its own misfortune."""
        try:
            peer.send(message)
        except PeerError as error:
            _log.warning("a message was not delivered: %s", error)


def _continues(death: Death) -> Continues:
    found = dead_recording(death)
    return Continues(id=found.id, head=death.head, cause=found.cause, until_utc_us=found.until_utc_us)
