"""The supervisor's loop: everything that happens comes through one queue, in order, and is answered at once.

Order kept: a state worth remembering is sent to the vault with the effects that it caused, so that a new supervisor
goes on from where this one was; what happens before the vault's first word is taken once more on the remembered state.
"""

import logging
import queue

from kuager import notify, session, wire
from kuager.board import Edge
from kuager.board.card import Shown
from kuager.board.lamp import Lamp
from kuager.board.virtual import VirtualBoard
from kuager.clock import Clock
from kuager.evidence import records
from kuager.peer import Down, Heard, Peer, Up
from kuager.procedure import Pack
from kuager.session import effects, events
from kuager.session.events import AnyEvent
from kuager.settings import Settings
from kuager.supervisor import faults
from kuager.supervisor.door import Door, NoDoor
from kuager.supervisor.face import Face
from kuager.supervisor.fittings import Fittings
from kuager.supervisor.hands import Hands
from kuager.supervisor.heat import Note
from kuager.supervisor.indicator import Indicator
from kuager.supervisor.measure import Measures
from kuager.supervisor.memory import Memory
from kuager.supervisor.mouth import Begun, Mouth
from kuager.supervisor.perform import Performer
from kuager.supervisor.translate import CaptureView, VaultView
from kuager.voice.player import Spoken

_log = logging.getLogger(__name__)

BEAT_US = 50_000  # light patterns are made of tenths of a second
TICK_US = 250_000
SEAL_US = 40_000_000  # how long a shutdown waits for the seal; then recovery declares the end


class Stop:
    """SIGTERM was received."""


Item = Edge | Shown | Up | Down | Heard | Begun | Spoken | wire.Pin | wire.Fault | Stop


class Unit:
    """The supervisor of one board. `inbox` is the way in, from any thread; `run` returns when all is sealed."""

    def __init__(
        self, settings: Settings, pack: Pack, fittings: Fittings, inbox: "queue.SimpleQueue[Item]", clock: Clock
    ) -> None:
        self._settings, self._pack, self._inbox, self._clock = settings, pack, inbox, clock
        self._board, self._operators = fittings.board, fittings.operators
        mode = fittings.board.switch() or settings.procedure.mode
        self.state = session.begin(
            settings.unit.language,
            mode,
            settings.procedure.action,
            settings.unit.operator,
            discreet=settings.signals.discreet,
        )
        self._memory = Memory()
        self._hands = Hands(mode, fittings.hold_up_us)
        self._vault_view, self._capture_view = VaultView(), CaptureView()
        self._indicator = Indicator(settings.signals.reminder_s)
        self._measures = Measures(fittings, self._vault_view, self._capture_view, positions=pack.position)
        self._tick_us = 0  # when the next tick is due
        self._ends_us: int | None = None
        self._complaint = ""  # of the settings, until the vault is there to write it down

    def attach(self, vault: Peer, capture: Peer, mouth: Mouth, door: Door | NoDoor, lamp: Lamp) -> None:
        """Give it its ends, which need its way in."""
        self._vault, self._capture, self._mouth, self._door = vault, capture, mouth, door
        views = self._vault_view, self._capture_view
        self._face = Face(self._board, self._indicator, views, mouth, door, lamp)
        self._performer = Performer(
            self._settings,
            (vault, self._vault_view),
            (capture, self._capture_view),
            mouth,
            self._indicator,
            training=isinstance(self._board, VirtualBoard),
        )

    def begin(self, complaint: str | None) -> None:
        """The first thing done. `complaint`: what is wrong in settings."""
        now = self._clock.now().boot_us
        if complaint:
            self._complaint = complaint
            self._dispatch(events.Warned(at_us=now, code="settings", active=True))
        self._dispatch(events.Tick(at_us=now))

    def run(self, complaint: str | None) -> None:
        """Live until a Stop was taken and all is sealed, or `SEAL_US` later. `complaint`: what is wrong in settings."""
        self.begin(complaint)
        while not self.finished:
            try:
                item = self._inbox.get(timeout=self._patience())
            except queue.Empty:
                pass
            else:
                self._face.touch()
                self.take(item)
            self.pass_time()
        self._vault.flush(1.0)

    @property
    def finished(self) -> bool:
        """Whether a Stop was taken and all is sealed, or the time for that is over."""
        return self._ends_us is not None and (self.state.done or self._clock.now().boot_us >= self._ends_us)

    def _patience(self) -> float:
        now = self._clock.now().boot_us
        beat_us = BEAT_US if self._indicator.moving(now) else TICK_US
        deadlines = [now + beat_us, self._tick_us, self._face.due_us]
        if (certain := self._hands.deadline()) is not None:
            deadlines.append(certain)
        return max(0, min(deadlines) - now) / 1_000_000

    def take(self, item: Item) -> None:
        """Answer one thing that happened."""
        now = self._clock.now()
        match item:
            case Edge():
                self._all(self._hands.edge(item))
            case Shown():
                self._card(item)
            case Heard(peer="vault"):
                self._hear_vault(item.message, now)
            case Heard():
                self._hear_capture(item.message, now.boot_us)
            case Up(peer="vault"):
                self._memory.forget()
            case Up():
                self._performer.stand_by(again=True)
            case Down(peer="vault"):
                self._all(self._vault_view.lost(now.boot_us))
            case Down():
                self._all(self._capture_view.lost(now.boot_us))
            case Begun():
                self._tell_spoken(item)
            case Spoken():
                self._spoken(item, now.boot_us)
            case wire.Pin() if isinstance(self._board, VirtualBoard):
                self._board.drive(item.name, item.level)
            case wire.Fault() if isinstance(self._board, VirtualBoard):
                faults.play(item.fault, self._board, self._vault.send, self._capture.send, now.boot_us)
            case Stop():
                if self._ends_us is None:
                    notify.stopping()
                    self._ends_us = now.boot_us + SEAL_US
                    self._dispatch(events.Shutdown(at_us=now.boot_us))

    def _all(self, found: list[AnyEvent]) -> None:
        for event in found:
            self._dispatch(event)

    def _dispatch(self, event: AnyEvent) -> None:
        if self._memory.holds_back(event):
            return
        self.state, done = session.step(self.state, event, self._pack)
        self._mouth.hush(self.state.discreet)
        now = self._clock.now()
        for effect in done:
            if isinstance(effect, effects.Close):
                self._measures.last(now, self._performer.tell)
            self._performer.do(effect, now.boot_us)
        self._remember()

    def _card(self, shown: Shown) -> None:
        operator, complaint = self._operators.name(shown.uid)
        if complaint:
            _log.warning("%s", complaint)
            self._performer.tell(Note("operators", {"complaint": complaint[:1000]}), False)
        self._indicator.flash("press", shown.at_us)
        self._dispatch(events.Assigned(at_us=shown.at_us, operator=operator))

    def _remember(self) -> None:
        news = self._memory.news(self.state)
        if news is not None and self._vault.send(wire.Remember(session=news)):
            self._memory.kept(self.state)

    def _hear_vault(self, message: wire.Message, now: records.Stamp) -> None:
        after: list[AnyEvent] = []
        if isinstance(message, wire.VaultState) and self._memory.waiting:
            self.state, before, after = self._memory.recall(message, self.state, now.boot_us)
            if self._complaint:
                self._vault.send(wire.UnitNote(code="settings", data={"complaint": self._complaint[:1000]}))
            self._all(before)
            self._see_switch(now.boot_us)
        held = self.state.recording
        if isinstance(message, wire.Durable) and held and held.id == message.id:
            self._measures.rate.durable(message.id, now.boot_us, message.bytes)
            self._dispatch(events.Durable(at_us=now.boot_us, us=message.durable_us))
        if isinstance(message, wire.Sealed):
            self._door.tell(wire.SealedNotice(name=message.name, path=message.path, sha256=message.sha256))
        if isinstance(message, wire.VaultTrouble):
            _log.warning("vault: %s (%s)", message.reason, message.code)
        self._all([*self._vault_view.heard(message, now.boot_us, now.utc_us), *after])
        self._performer.stand_by()
        self._remember()

    def _see_switch(self, now_us: int) -> None:
        # A hand may have moved it while no supervisor looked. The virtual board's stands where the settings say.
        place = None if isinstance(self._board, VirtualBoard) else self._board.switch()
        if place is not None and place != self.state.mode:
            self._dispatch(events.ModeSlid(at_us=now_us, mode=place))

    def _hear_capture(self, message: wire.Message, now_us: int) -> None:
        self._all(self._capture_view.heard(message, now_us))
        self._performer.stand_by()

    def _tell_spoken(self, begun: Begun) -> None:
        speech = begun.speech
        self._door.tell(
            wire.Spoken(
                prompt=speech.prompt, text=speech.text[:1000], at_us=begun.at_us, duration_us=speech.duration_us
            )
        )

    def _spoken(self, spoken: Spoken, now_us: int) -> None:
        held = self.state.recording
        if spoken.speech and held and held.id is not None:
            self._performer.note(
                "prompt",
                records.Prompt(
                    prompt=spoken.prompt,
                    language=self._settings.unit.language,
                    text=spoken.speech.text[:1000],
                    from_us=spoken.from_us,
                    to_us=spoken.to_us,
                    audible=spoken.audible,
                ),
            )
        self._dispatch(events.SpeechDone(at_us=now_us, prompt=spoken.prompt))

    def pass_time(self) -> None:
        """Do what is due by now, and show how things stand."""
        now = self._clock.now()
        self._all(self._hands.tick(now.boot_us))
        if now.boot_us >= self._tick_us:
            self._tick_us = now.boot_us + TICK_US
            notify.watchdog()
            self._dispatch(events.Tick(at_us=now.boot_us))
            self._all(self._measures.events(self.state, now))
            self._measures.notes(self.state, now, self._performer.tell)
            if self.state.recording and (battery := self._measures.battery_due(now)):
                self._performer.note("battery", battery)
        left = self._measures.minutes_left(self.state)
        self._face.show(self.state, now, item=self._performer.item, minutes_left=left)
