"""A world for the session: a clock, and a vault, capture and loudspeaker that do at once what is asked of them."""

from typing import Any

from kuager.procedure import Pack, pack
from kuager.session import State, begin, step
from kuager.session import effects as fx
from kuager.session import events as ev

KZ = pack()
STREAMS: dict[str, tuple[Any, ...]] = {"video": ("video", "sound"), "sound": ("sound",), "stills": ("sound",)}


class World:
    """Sends events and keeps the effects; with `kind` it also answers them as a healthy unit would."""

    def __init__(self, state: State | None = None, rules: Pack = KZ, kind: bool = True) -> None:
        self.state = state or begin("en")
        self.rules, self.kind = rules, kind
        self.at = self.state.now_us
        self.all: list[Any] = []
        self.new: list[Any] = []  # since the last `clear`
        self.opened = 0

    def send(self, kind: type[Any], after_us: int = 100_000, **fields: Any) -> list[Any]:
        """One event, `after_us` later; the effects that it had by itself."""
        while self.kind and after_us > 500_000:
            after_us -= 500_000
            self.send(ev.Tick, 500_000)
            self._record()
        self.at += after_us
        self.state, effects = step(self.state, kind(at_us=self.at, **fields), self.rules)
        self.all += effects
        self.new += effects
        if self.kind:
            for effect in effects:
                self._answer(effect)
        return effects

    def _answer(self, effect: Any) -> None:
        match effect:
            case fx.Open():
                self.opened += 1
                self.send(ev.Opened, id=self.id, number=self.opened)
            case fx.PrepareCarrier():
                self.send(ev.CarrierBack if self.state.vault else ev.VaultReady)
            case fx.StartTake(mode=mode, cause=cause):
                self.send(ev.TakeStarted, streams=STREAMS[mode], cause=cause)
                self.send(ev.Durable, us=self.at)
            case fx.FinishTake(cause=cause):
                self.send(ev.TakeEnded, cause=cause)
            case fx.Close(recording=id_):
                self.send(ev.Sealed, id=id_)
            case fx.Speak(prompt=prompt):
                self.send(ev.SpeechDone, prompt=prompt)

    @property
    def id(self) -> bytes:
        return self.opened.to_bytes(16, "big")

    def ready(self) -> "World":
        self.send(ev.VaultReady)
        self.send(ev.CaptureBack)
        self.clear()
        return self

    def press(self, button: str, after_us: int = 2_000_000) -> list[Any]:
        """A whole press, edge and all; everything that came of it."""
        self.clear()
        self.send(ev.Down, after_us, button=button)
        self.send(ev.Press, button=button)
        return self.new

    def hold(self, button: str) -> list[Any]:
        self.clear()
        self.send(ev.Down, 2_000_000, button=button)
        self.send(ev.Hold, button=button)
        return self.new

    def twice(self) -> list[Any]:
        self.press("record")
        return self.press("record", 300_000)

    def pass_time(self, seconds: int) -> list[Any]:
        """Ticks, with media becoming durable as they do while a stretch runs."""
        self.clear()
        for _ in range(seconds * 2):
            self.send(ev.Tick, 500_000)
            self._record()
        return self.new

    def _record(self) -> None:
        if self.state.recording and self.state.recording.take == "running":
            self.send(ev.Durable, 0, us=self.at)

    def clear(self) -> None:
        self.new = []

    def record(self, action: str = "interrogation") -> "World":
        """From anywhere idle to plain recording, all items answered."""
        if not self.state.vault:
            self.ready()
        self.send(ev.Assigned, action=action)
        self.press("record")
        for _ in range(20):
            if self.state.phase == "opening":
                self.press("mark")
        assert self.state.phase == "recording"
        return self

    def end(self) -> list[Any]:
        """From plain recording through the closing dialogue."""
        before = len(self.all)
        self.hold("record")
        for _ in range(20):
            if self.state.recording and self.state.recording.dialogue and not self.confirming:
                self.press("mark")
        self.press("record")
        return self.all[before:]

    @property
    def confirming(self) -> bool:
        held = self.state.recording
        return bool(held and held.dialogue and held.dialogue.step == len(self.rules.closing) - 1)


def said(effects: list[Any]) -> list[str]:
    return [effect.prompt for effect in effects if isinstance(effect, fx.Speak)]


def chapters(effects: list[Any]) -> list[str]:
    return [effect.item for effect in effects if isinstance(effect, fx.Chapter)]


def of(effects: list[Any], kind: type[Any]) -> list[Any]:
    return [effect for effect in effects if isinstance(effect, kind)]


def noted(effects: list[Any], code: str) -> list[dict[str, Any]]:
    return [
        effect.data for effect in effects if isinstance(effect, fx.Journal | fx.UnitJournal) and effect.code == code
    ]
