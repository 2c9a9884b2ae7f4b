"""What vault and capture say, as events of the session. Pure: no sockets, no clock."""

from collections.abc import Iterable

from kuager import wire
from kuager.evidence.records import Stream
from kuager.session import events
from kuager.session.events import AnyEvent, Unfit


class VaultView:
    """Follows the vault. `state` is the newest VaultState of this connection; None while it is gone."""

    def __init__(self) -> None:
        self.state: wire.VaultState | None = None
        self.next_number = 0  # kept over a vault's death: the picture shows it meanwhile
        self.request = 0
        self._opening = 0  # the request that is not answered yet; 0: none
        self._sealing: dict[int, bytes] = {}
        self._usable = False
        self._unfit: Unfit = ""
        self._told_ready = False

    def open_request(self) -> int:
        """A number for a new OpenRecording."""
        self.request += 1
        self._opening = self.request
        return self.request

    def close_request(self, recording: bytes) -> int:
        """A number for a CloseRecording."""
        self.request += 1
        self._sealing[self.request] = recording
        return self.request

    def lost(self, at_us: int) -> list[AnyEvent]:
        """The connection is gone, and with it all that was asked for."""
        self.state, self._opening, self._usable, self._unfit, self._told_ready = None, 0, False, "", False
        self._sealing.clear()
        return [events.VaultLost(at_us=at_us)]

    def heard(self, message: wire.Message, at_us: int, utc_us: int) -> list[AnyEvent]:
        """Events of one message."""
        match message:
            case wire.VaultState():
                return self._state(message, at_us, utc_us)
            case wire.Opened() if message.request == self._opening:
                self._opening = 0
                continues = dead(message.continues, utc_us)
                return [events.Opened(at_us=at_us, id=message.id, number=message.number, continues=continues)]
            case wire.Sealed():
                self._sealing.pop(message.request, None)
                return [events.Sealed(at_us=at_us, id=message.id)]
            case wire.VaultTrouble():
                return self._trouble(message, at_us)
        return []

    def _state(self, message: wire.VaultState, at_us: int, utc_us: int) -> list[AnyEvent]:
        before = self.state.carrier_state if self.state else None
        self.state, self.next_number = message, message.next_number
        # A full carrier takes the end of what is open, and no new recording.
        ending = message.open_id is not None or bool(self._sealing)
        usable = message.carrier_state == "ready" or (message.carrier_state == "full" and ending)
        unfit: Unfit = message.carrier_state if message.carrier_state in ("blank", "foreign") else ""
        done: list[AnyEvent] = []
        if usable and not self._told_ready:
            self._told_ready = True
            found = dead(message.dead, utc_us)
            done.append(
                events.VaultReady(at_us=at_us, dead=found, open_id=message.open_id, open_number=message.open_number)
            )
        elif usable and not self._usable:
            done.append(events.CarrierBack(at_us=at_us))
        elif not usable and (self._usable or before is None or unfit != self._unfit):
            reason = message.carrier_detail or message.carrier_state
            done.append(events.CarrierLost(at_us=at_us, unfit=unfit, reason=reason))
        if message.carrier_state == "full" and before != "full":
            done.append(events.CarrierFull(at_us=at_us))
        self._usable, self._unfit = usable, unfit
        return done

    def _trouble(self, message: wire.VaultTrouble, at_us: int) -> list[AnyEvent]:
        reason = message.reason[:200]
        if message.request and message.request == self._opening:
            self._opening = 0
            return [events.OpenFailed(at_us=at_us, reason=reason)]
        if message.request in self._sealing:
            return [events.SealFailed(at_us=at_us, id=self._sealing.pop(message.request), reason=reason)]
        if message.code == "not-prepared":
            return [events.PrepareFailed(at_us=at_us, reason=reason)]
        if message.ended is not None:
            self._usable, self._unfit = False, ""
            return [events.CarrierLost(at_us=at_us, reason=reason)]
        return []


class CaptureView:
    """Follows capture. `state` is the newest CaptureState of this connection; None while it is gone.

    A microphone that fails leaves declared silence in the file: for the session no sound is being recorded.
    """

    def __init__(self) -> None:
        self.state: wire.CaptureState | None = None
        self._deaf = False

    def _heard(self, streams: Iterable[Stream]) -> tuple[Stream, ...]:
        return tuple(stream for stream in streams if stream != "sound" or not self._deaf)

    def lost(self, at_us: int) -> list[AnyEvent]:
        """The connection is gone."""
        self.state, self._deaf = None, False
        return [events.CaptureLost(at_us=at_us)]

    def heard(self, message: wire.Message, at_us: int) -> list[AnyEvent]:
        """Events of one message."""
        match message:
            case wire.CaptureState():
                first, self.state = self.state is None, message
                if not first:
                    return []
                streams: tuple[Stream, ...] = ("video", "sound") if message.width else ("sound",)
                return [
                    events.CaptureBack(
                        at_us=at_us, recording=message.recording, streams=streams if message.recording else ()
                    )
                ]
            case wire.TakeStarted():
                return [events.TakeStarted(at_us=at_us, streams=self._heard(message.streams), cause=message.cause)]
            case wire.TakeEnded():
                return [events.TakeEnded(at_us=at_us, cause=message.cause, acknowledged=message.acknowledged)]
            case wire.PhotoTaken():
                return [events.PhotoTaken(at_us=at_us)]
            case wire.Trouble():
                if message.part == "microphone":
                    self._deaf = not message.well
                told = self._heard(message.streams) if message.streams else None
                return [events.Trouble(at_us=at_us, part=message.part, well=message.well, streams=told)]
        return []


def dead(found: wire.DeadRecording | None, utc_us: int) -> events.Dead | None:
    """A dead recording as the session knows it; its age is 0, not known, where the clock stands before its end."""
    if found is None:
        return None
    return events.Dead(
        number=found.number,
        cause=found.cause,
        until_utc_us=found.until_utc_us,
        age_us=max(0, utc_us - found.until_utc_us),
    )
