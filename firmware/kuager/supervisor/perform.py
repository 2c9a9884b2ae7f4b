"""Does what the session asks: effects become messages to vault and capture, speech, light.

What can't be sent because a process is away is dropped here: the session hears of the loss and asks again.
"""

import logging

from kuager import wire
from kuager.evidence import records
from kuager.peer import Peer
from kuager.session import effects
from kuager.session.effects import AnyEffect
from kuager.settings import Settings
from kuager.supervisor.heat import Note
from kuager.supervisor.indicator import Indicator
from kuager.supervisor.mouth import Mouth
from kuager.supervisor.translate import CaptureView, VaultView

_log = logging.getLogger(__name__)


class Performer:
    """The session's hands. `item` is what the unit waits for, in the officer's language; `training`: the board is
    virtual.
    """

    def __init__(
        self,
        settings: Settings,
        vault: tuple[Peer, VaultView],
        capture: tuple[Peer, CaptureView],
        mouth: Mouth,
        indicator: Indicator,
        *,
        training: bool,
    ) -> None:
        self._settings, self._training = settings, training
        self._vault, self._vault_view = vault
        self._capture, self._capture_view = capture
        self._mouth, self._indicator = mouth, indicator
        self._standby: effects.Standby | None = None
        self._told: wire.Standby | None = None
        self.item = ""

    def do(self, effect: AnyEffect, now_us: int) -> None:
        """Do one thing."""
        match effect:
            case effects.Standby():
                self._standby = effect
                self.stand_by()
            case effects.Open():
                self._open(effect)
            case effects.PrepareCarrier():
                self._vault.send(wire.PrepareCarrier())
            case effects.StartTake():
                self._capture.send(
                    wire.StartTake(
                        recording=effect.recording,
                        number=effect.number,
                        mode=effect.mode,
                        cause=effect.cause,
                        since_us=effect.since_us,
                        resume=effect.resume,
                    )
                )
            case effects.FinishTake():
                self._capture.send(wire.FinishTake(cause=effect.cause))
            case effects.Close():
                request = self._vault_view.close_request(effect.recording)
                missing = list(effect.missing)
                self._vault.send(
                    wire.CloseRecording(request=request, cause=effect.cause, dialogue=effect.dialogue, missing=missing)
                )
            case effects.Photo():
                self._capture.send(wire.TakePhoto(recording=effect.recording))
            case effects.SetProcedure():
                self._vault.send(wire.SetProcedure(procedure=effect.procedure))
            case effects.Speak():
                self._mouth.say(effect)
            case effects.Show():
                self.item = self._mouth.text(effect.text, effect.args) if effect.text else ""
            case effects.Acknowledge():
                self._indicator.flash(effect.flash, now_us)
            case effects.Journal():
                self.note("event", records.Event(code=effect.code, data=effect.data))
            case effects.Chapter():
                self._chapter(effect)
            case effects.UnitJournal():
                self._vault.send(wire.UnitNote(code=effect.code, data=effect.data))

    def note(self, kind: str, body: records.Event | records.Prompt | records.Chapter | records.Battery) -> None:
        """A record for the open recording's journal."""
        plain = {name: getattr(body, name) for name in body.__struct_fields__}
        match kind:
            case "event" | "prompt" | "chapter" | "battery":
                self._vault.send(wire.Note(type=kind, body=plain))

    def tell(self, note: Note, recording: bool) -> bool:
        """An event for the open recording's journal, or for the unit's own; False where nobody is there to write it."""
        if not recording:
            return self._vault.send(wire.UnitNote(code=note.code, data=note.data))
        return self._vault.send(wire.Note(type="event", body={"code": note.code, "data": note.data}))

    def stand_by(self, again: bool = False) -> None:
        """Tell capture to be ready, where anything has changed; `again`: a new capture knows nothing."""
        if again:
            self._told = None
        number = self._vault_view.next_number
        if self._standby is None or not number:
            return
        wanted = wire.Standby(
            unit=self._settings.unit.name,
            number=number,
            mode=self._standby.mode,
            pre_roll_us=self._standby.pre_roll_us,
            pre_roll_sound=self._standby.pre_roll_sound,
            training=self._training,
        )
        if wanted != self._told and self._capture.send(wanted):
            self._told = wanted

    def _open(self, effect: effects.Open) -> None:
        sensors = self._capture_view.state
        self._vault.send(
            wire.OpenRecording(
                request=self._vault_view.open_request(),
                mode=effect.mode,
                language=self._settings.unit.language,
                procedure=effect.procedure,
                operator=effect.operator,
                pre_roll_us=effect.pre_roll_us,
                camera=sensors.camera if sensors else None,
                microphone=sensors.microphone if sensors else None,
                continues=effect.continues,
            )
        )

    def _chapter(self, effect: effects.Chapter) -> None:
        self.note(
            "chapter",
            records.Chapter(
                chapter=effect.chapter,
                item=effect.item,
                title=self._mouth.text(f"title.{effect.item}", {}),
                clause=effect.clause,
                at_us=effect.at_us,
            ),
        )
