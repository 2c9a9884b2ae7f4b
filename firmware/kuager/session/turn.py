"""One step being taken: the state as it changes, the effects in order, and the ways in which both are extended."""

from typing import Any

from msgspec.structs import replace

from kuager.procedure import Pack
from kuager.session.effects import (
    AnyEffect,
    Argument,
    Chapter,
    Journal,
    Now,
    SetProcedure,
    Show,
    Speak,
    Standby,
    UnitJournal,
)
from kuager.session.events import AnyEvent, WarningCode
from kuager.session.state import Recording, State

MAX_NOTES = 32
"""Notes kept for a vault that is away; more are counted, and the count is journalled."""


class Turn:
    """What one event changes. `at` never goes back, whatever the events say."""

    def __init__(self, state: State, event: AnyEvent, pack: Pack) -> None:
        self.at = max(state.now_us, event.at_us)
        self.state = replace(state, now_us=self.at)
        self.pack = pack
        self.effects: list[AnyEffect] = []

    def set(self, **changes: Any) -> None:
        """Change fields of the state."""
        self.state = replace(self.state, **changes)

    @property
    def recording(self) -> Recording:
        """The recording in hand; only where there is one."""
        held = self.state.recording
        if held is None:
            raise AssertionError("no recording is in hand")
        return held

    def change(self, **changes: Any) -> None:
        """Change fields of the recording in hand."""
        self.set(recording=replace(self.recording, **changes))

    def do(self, effect: AnyEffect) -> None:
        """Add an effect."""
        self.effects.append(effect)

    def speak(
        self, prompt: str, *, cut: bool = False, keep: bool = False, alone: bool = False, **args: Argument
    ) -> None:
        """Have a prompt spoken."""
        self.do(Speak(prompt=prompt, args=args, cut=cut, keep=keep, alone=alone))

    def show(self, text: str) -> None:
        """Show what the unit waits for."""
        self.do(Show(text=text, args={"now": Now()} if text else {}))

    def standby(self) -> None:
        """Have the sensors ready for the next recording."""
        roll = self.pack.pre_roll
        self.do(Standby(mode=self.state.mode, pre_roll_us=roll.seconds * 1_000_000, pre_roll_sound=roll.sound))

    def note(self, code: str, /, **data: str | int | bool) -> None:
        """Journal an event: of the recording in hand, else of the unit; kept while there is nobody to write it."""
        self.keep(Journal(code=code, data=data) if self.state.recording else UnitJournal(code=code, data=data))

    def unit_note(self, code: str, /, **data: str | int | bool) -> None:
        """Journal an event of the unit."""
        self.keep(UnitJournal(code=code, data=data))

    def keep(self, note: Journal | UnitJournal) -> None:
        """Take a note in, to be written by `flush`."""
        if len(self.state.notes) < MAX_NOTES or self._writable(note):
            self.set(notes=(*self.state.notes, note))
        else:
            self.set(dropped=self.state.dropped + 1)
        self.flush()

    def flush(self) -> None:
        """Write what can be written: unit notes once there is a vault, a recording's once it is open."""
        state = self.state
        if not state.vault:
            return
        waiting: list[Journal | UnitJournal] = []
        for note in state.notes:
            if isinstance(note, Journal) and state.recording is None:
                # The recording that it was meant for never came to be: the unit's own journal tells it.
                self.do(UnitJournal(code=note.code, data=note.data))
            elif self._writable(note):
                self.do(note)
            else:
                waiting.append(note)
        if state.dropped and not waiting:
            self.do(UnitJournal(code="notes-dropped", data={"count": state.dropped}))
            self.set(dropped=0)
        self.set(notes=tuple(waiting))

    def _writable(self, note: Journal | UnitJournal) -> bool:
        held = self.state.recording
        return self.state.vault and (isinstance(note, UnitJournal) or held is None or held.id is not None)

    def chapter(self, item: str, clause: str) -> None:
        """Mark this moment in the recording in hand, where it is open."""
        held = self.recording
        if held.id is not None and self.state.vault:
            self.do(Chapter(chapter=held.chapters, item=item, clause=clause, at_us=self.at))
            self.change(chapters=held.chapters + 1)

    def warn(self, code: WarningCode, active: bool = True, *, spoken: bool = True) -> None:
        """Something is wrong, or right again: journalled when it changes, and `spoken` where nothing else says it."""
        warnings = self.state.warnings
        if active == (code in warnings):
            return
        self.set(warnings=(*warnings, code) if active else tuple(other for other in warnings if other != code))
        self.note("warning", code=code, active=active)
        if active and spoken:
            self.speak(f"warning.{code}")

    def set_procedure(self) -> None:
        """Tell the vault the kind of action; told again to a vault that comes back."""
        held = self.recording
        if held.id is not None and self.state.vault and held.stated != "not-stated":
            procedure = self.pack.procedure(held.action, held.stated, self.state.language)
            self.do(SetProcedure(procedure=procedure))
