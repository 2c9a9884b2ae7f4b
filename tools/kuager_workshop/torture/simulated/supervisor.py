"""The supervisor as a part: the firmware's own session and loop body, with hands, light and voice simulated."""

import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kuager import wire
from kuager.board import OFF, Climate, Colour, Edge
from kuager.board.lamp import Lamp
from kuager.catalogue import load_catalogue
from kuager.evidence.records import Battery, Mode
from kuager.peer import Down, Heard, Peer, PeerName, Up
from kuager.procedure import pack
from kuager.session import effects
from kuager.settings import Settings
from kuager.supervisor.door import NoDoor
from kuager.supervisor.fittings import Fittings
from kuager.supervisor.mouth import Begun, Mouth
from kuager.supervisor.operators import Operators
from kuager.supervisor.unit import Item, Stop, Unit
from kuager.voice.player import Spoken
from kuager.voice.speech import Speech
from kuager_workshop.torture.simulated.host import Make, Part, Say
from kuager_workshop.torture.simulated.moment import Moment, PartClock
from kuager_workshop.torture.simulated.steps import Steps

_SPEECH_US = 300_000
"""A prompt takes so long: real ones only make the simulation slower."""


@dataclass(frozen=True)
class SupervisorPlan:
    """How it is set."""

    settings: Settings


class SupervisorPart:
    """Hears `up` and `down` (a peer's name), `vault` and `capture` (messages), `edge`, `battery` (percent), `stop` and
    `tick`; speaks to `vault` and `capture`, and shows and says: `panel`, `said`.
    """

    def __init__(self, plan: SupervisorPlan, say: Say, steps: Steps, moment: Moment) -> None:
        self._clock = PartClock(moment)

        def stepped(to: str, what: Any) -> None:
            steps.step(f"before {to} {type(what).__name__}")
            say(to, what)
            steps.step(f"after {to} {type(what).__name__}")

        board = self._board = SimulatedBoard()
        inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        fittings = Fittings(board, Operators(plan.settings.paths.state / "operators.toml"), hold_up_us=3_000_000)
        self.unit = Unit(plan.settings, pack(plan.settings.procedure.pack), fittings, inbox, self._clock)
        self._mouth = _Mouth(plan.settings, self._clock, say)
        ends = {name: _Peer(name, stepped) for name in ("vault", "capture")}
        self.unit.attach(ends["vault"], ends["capture"], self._mouth, _Door(say), _Lamp(board))
        self._ends = ends
        self.unit.begin(None)

    def handle(self, what: str, load: Any, moment: Moment) -> None:
        """As Part.handle."""
        self._clock.moment = moment
        match what:
            case "up":
                self._ends[load].there = True
                self.unit.take(Up(load))
            case "down":
                self._ends[load].there = False
                self.unit.take(Down(load))
            case "vault" | "capture":
                self.unit.take(Heard("vault" if what == "vault" else "capture", load))
            case "edge":
                pin, level = load
                self.unit.take(Edge(pin, level, moment.boot_us))
            case "battery":
                self._board.charge = load
            case "stop":
                self.unit.take(Stop())
            case "tick":
                for item in self._mouth.due(moment.boot_us):
                    self.unit.take(item)
        self.unit.pass_time()


class SimulatedBoard:
    """The outermost edge: a light that remembers, a battery that is told how full it is."""

    name = "simulated"
    complaints: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._shown: tuple[Colour, bool] = (OFF, False)
        self.charge = 100

    def start(self, deliver: Callable[[Edge], None]) -> None:
        """Edges come by the part's `handle`."""

    def switch(self) -> Mode | None:
        """As Board.switch."""
        return None

    def show(self, colour: Colour, vibration: bool) -> None:
        """As Board.show."""
        self._shown = (colour, vibration)

    def shown(self) -> tuple[Colour, bool]:
        """As Board.shown."""
        return self._shown

    def battery(self) -> Battery | None:
        """As Board.battery."""
        return Battery(percent=self.charge)

    def climate(self) -> Climate:
        """As Board.climate."""
        return Climate()

    def close(self) -> None:
        """As Board.close."""


class _Lamp(Lamp):
    """Without the thread that puts it out: time stands still between two calls."""

    def __init__(self, board: SimulatedBoard) -> None:
        self._simulated = board

    def beat(self, colour: Colour, vibration: bool) -> None:
        self._simulated.show(colour, vibration)


class _Door(NoDoor):
    def __init__(self, say: Say) -> None:
        self._say = say

    def tell(self, message: wire.Panel | wire.Spoken | wire.SealedNotice) -> None:
        if isinstance(message, wire.Panel):
            self._say("panel", message)


class _Peer(Peer):
    def __init__(self, name: PeerName, say: Callable[[str, Any], None]) -> None:
        self._to, self._say = name, say
        self.there = False

    def send(self, message: wire.Message) -> bool:
        if self.there:
            self._say(self._to, message)
        return self.there

    def flush(self, seconds: float) -> None:
        """All is sent at once."""


class _Mouth(Mouth):
    """Says one prompt after another, each for the same short time."""

    def __init__(self, settings: Settings, clock: PartClock, say: Say) -> None:
        self._settings, self._clock, self._tell = settings, clock, say
        self.catalogue = load_catalogue(settings.unit.language)
        self.sound_card = False
        self._waiting: list[tuple[effects.Speak, int, int]] = []
        self._hush = False

    def say(self, speak: effects.Speak) -> None:
        now_us = self._clock.now().boot_us
        begin = max([now_us, *(to for _, _, to in self._waiting)])
        self._waiting.append((speak, begin, begin + _SPEECH_US))

    def hush(self, on: bool) -> None:
        self._hush = on

    def due(self, now_us: int) -> list[Item]:
        """What has been said by now."""
        done, self._waiting = (
            [each for each in self._waiting if each[2] <= now_us],
            [each for each in self._waiting if each[2] > now_us],
        )
        found: list[Item] = []
        for speak, begin, end in done:
            text = self.text(speak.prompt, speak.args)
            speech = Speech(speak.prompt, text, b"", audible=not self._hush)
            self._tell("said", (speak.prompt, text))
            found += [Begun(speech, begin), Spoken(speak.prompt, speech, begin, end, "whole", not self._hush)]
        return found


def make_supervisor(plan: SupervisorPlan) -> Make:
    """For a host."""

    def make(say: Say, steps: Steps, moment: Moment) -> Part:
        return SupervisorPart(plan, say, steps, moment)

    return make
