"""The whole unit: three parts on hosts, the messages between them, hands, and a parent that starts again what dies."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from kuager import wire
from kuager.board import InputName
from kuager.procedure import MENU, Pack, pack
from kuager.processes import PROCESSES
from kuager.settings import Settings
from kuager.signals import is_red
from kuager_workshop.torture.campaign import expect
from kuager_workshop.torture.simulated.capture import CapturePlan, make_capture
from kuager_workshop.torture.simulated.host import Forked, Host, Inline, Make
from kuager_workshop.torture.simulated.ledger import Ledger
from kuager_workshop.torture.simulated.moment import Moment
from kuager_workshop.torture.simulated.steps import Steps
from kuager_workshop.torture.simulated.supervisor import SupervisorPlan, make_supervisor
from kuager_workshop.torture.simulated.vault import VaultPlan, make_vault

Name = Literal["vault", "capture", "supervisor"]

QUANTUM_US = 100_000
"""How far time goes at once."""

_START_US = 500_000  # that a process takes from its death to its first word: the parent's pause, and Python
_PRESS_US = 200_000
_HOLD_US = 1_500_000
_ANSWER_US = 500_000  # from a question to its answer
_WHOLE = ("opening", "recording", "breaking")  # signals under which all that is seen and heard is meant to be recorded
_YOUNG_US = 2_000_000 + 2 * QUANTUM_US  # the red light's promise, and how late a panel can tell of it
_WATCHDOG_US = {each.name: int((each.watchdog_s or 10) * 1_000_000) for each in PROCESSES}


@dataclass
class Death:
    """A part died or froze."""

    part: Name
    at_us: int
    durable_us: int
    """Up to which moment media were known to be durable; 0 where nothing was being recorded, or it was ending."""


@dataclass
class SimulatedUnit:
    """`run` lets time pass. What its parts do about it is the firmware's own."""

    vault: VaultPlan
    capture: CapturePlan = field(default_factory=CapturePlan)
    settings: Settings = field(default_factory=Settings)
    moment: Moment = field(default_factory=Moment)
    steps: dict[Name, list[Steps]] = field(default_factory=dict)
    """Of the first processes of each name, in order; later ones do not die of themselves."""
    forked: bool = False
    """Each part in a process of its own."""

    def __post_init__(self) -> None:
        self.ledger = Ledger()
        self.deaths: list[Death] = []
        self.lives: dict[Name, list[Steps]] = {"vault": [], "capture": [], "supervisor": []}
        """The steps of each process that was started."""
        self.played: list[str] = []
        """The steps at which a part was to die, and had come to."""
        self.said: list[tuple[int, str, str]] = []
        """When, which prompt, its words."""
        self.troubles: list[str] = []
        self.panel: wire.Panel | None = None
        self.sealed: list[wire.Sealed] = []
        self._pack: Pack = pack(self.settings.procedure.pack)
        self._queue: deque[tuple[Name, str, Any]] = deque()
        self._hosts: dict[Name, Host] = {}
        self._due: list[tuple[int, Callable[[], None]]] = []
        self._frozen_us: dict[Name, int] = {}
        self._stalled_us: dict[Name, int] = {}
        for name in ("vault", "capture", "supervisor"):
            self._start(name)

    # hands

    def press(self, button: InputName, held_us: int = _PRESS_US) -> None:
        """Press a button, now."""
        self._edge(button, True)
        self.later(held_us, lambda: self._edge(button, False))

    def hold(self, button: InputName) -> None:
        """Hold it for as long as a hold takes."""
        self.press(button, _HOLD_US)

    def tell(self, name: Name, what: str, load: Any = None) -> None:
        """Have something happen to a part."""
        self._queue.append((name, what, load))

    def later(self, by_us: int, do: Callable[[], None]) -> None:
        """Do something so much later."""
        self._due.append((self.moment.boot_us + by_us, do))

    def stall(self, name: Name, seconds: float) -> None:
        """Let a part stand still for so long, as when its disk does: what is sent to it waits."""
        self._stalled_us[name] = self.moment.boot_us + round(seconds * 1_000_000)

    def set_clock(self, utc_us: int, *, disciplined: bool) -> None:
        """Somebody sets UTC; CLOCK_BOOTTIME goes on."""
        self.moment = Moment(self.moment.boot_us, utc_us, disciplined)

    def kill(self, name: Name) -> None:
        """As by SIGKILL from outside."""
        if self._hosts[name].health != "dead":
            self._hosts[name].kill()
            self._died(name)

    def pid(self, name: Name) -> int:
        """Of a part that has a process of its own."""
        host = self._hosts[name]
        assert isinstance(host, Forked)
        return host.pid

    def power_cut(self) -> None:
        """Everything ends, now; the carrier is as it is."""
        for host in self._hosts.values():
            host.kill()

    # time

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end_us = self.moment.boot_us + round(seconds * 1_000_000)
        while self.moment.boot_us < end_us:
            self._settle()
            self.moment = self.moment.later(QUANTUM_US)
            due, self._due = (
                [each for each in self._due if each[0] <= self.moment.boot_us],
                [each for each in self._due if each[0] > self.moment.boot_us],
            )
            for _, do in due:
                do()
            for name in ("capture", "vault", "supervisor"):
                self._queue.append((name, "tick", None))
            self._watch()
        self._settle()

    def until(self, so: Callable[[], bool], seconds: float, what: str) -> None:
        """Let time pass until something is so; BrokenError where it is not so in time."""
        for _ in range(round(seconds * 1_000_000 / QUANTUM_US)):
            if so():
                return
            self.run(QUANTUM_US / 1_000_000)
        state = f"{self.panel.state}, {self.panel.signal}, {self.panel.item!r}" if self.panel else "dark"
        expect(so(), f"{what} did not come within {seconds:g} s (the unit: {state})")

    def is_red(self) -> bool:
        """Whether the light says that media are recorded and safe."""
        return bool(self.panel and is_red(self.panel.signal))

    # inside

    def _edge(self, button: InputName, level: bool) -> None:
        self._queue.append(("supervisor", "edge", (button, level)))

    def _settle(self) -> None:
        waiting: list[tuple[Name, str, Any]] = []
        while self._queue:
            name, what, load = self._queue.popleft()
            host = self._hosts[name]
            if self._stalled_us.get(name, 0) > self.moment.boot_us:
                waiting.append((name, what, load))
            elif host.health == "runs":
                said = host.call(what, load, self.moment)
                self._hear(name, said)
                if host.health != "runs":
                    self._died(name)
        self._queue.extend(waiting)

    def _hear(self, name: Name, said: list[tuple[str, Any]]) -> None:
        for to, what in said:
            match (name, to):
                case ("vault", "media"):
                    self.ledger.answered(what)
                    self._queue.append(("capture", "vault", what))
                case ("vault", "control"):
                    self._vault_said(what)
                    self._queue.append(("supervisor", "vault", what))
                case ("capture", "vault"):
                    self.ledger.sent(what)
                    self._queue.append(("vault", "media", what))
                case ("capture", "supervisor"):
                    self._queue.append(("supervisor", "capture", what))
                case ("supervisor", "vault"):
                    self._queue.append(("vault", "control", what))
                case ("supervisor", "capture"):
                    self._queue.append(("capture", "order", what))
                case ("supervisor", "panel"):
                    self._shown(what)
                case (_, "played"):
                    self.played.append(what)
                case ("supervisor", "said"):
                    self.said.append((self.moment.boot_us, *what))
                    self._answer(what[0])

    def _vault_said(self, message: wire.Message) -> None:
        match message:
            case wire.Durable():
                self.ledger.told(message, self.moment.boot_us)
            case wire.Opened():
                self.ledger.opened()
            case wire.Sealed():
                self.sealed.append(message)
            case wire.VaultTrouble():
                self.troubles.append(f"{message.code}: {message.reason}")

    def _shown(self, panel: wire.Panel) -> None:
        self.panel = panel
        if is_red(panel.signal):
            newest_us = self.ledger.newest_us(self.moment.boot_us)
            age_us = self.moment.boot_us - newest_us
            expect(age_us <= _YOUNG_US, f"the light is red while the newest durable media are {age_us / 1e6:.1f} s old")

    def _answer(self, prompt: str) -> None:
        """The officer answers what is asked for."""
        items = (*self._pack.opening, *self._pack.closing)
        item = next((each for each in items if each.prompt == prompt and each.id != MENU), None)
        if prompt.startswith("action.") or (item and item.confirms):
            self.later(_ANSWER_US, lambda: self.press("record"))
        elif item and item.speaker != "unit":
            self.later(_ANSWER_US, lambda: self.press("mark"))

    # the parent

    def _start(self, name: Name) -> None:
        planned = self.steps.get(name, [])
        steps = planned[len(self.lives[name])] if len(self.lives[name]) < len(planned) else Steps()
        steps.forked = self.forked
        self.lives[name].append(steps)
        makes: dict[Name, Callable[[], Make]] = {
            "vault": lambda: make_vault(self.vault),
            "capture": lambda: make_capture(self.capture),
            "supervisor": lambda: make_supervisor(SupervisorPlan(self.settings)),
        }
        host: Host = (Forked if self.forked else Inline)(makes[name](), steps, self.moment)
        self._hosts[name] = host
        if name == "capture":
            self.ledger.capture_began()
        elif name == "vault":
            self.ledger.vault_began()
        self._hear(name, host.call("tick", None, self.moment))
        if host.health == "runs":
            self._join(name)
        else:
            self._died(name)

    def _join(self, name: Name) -> None:
        """A part listens: the others find it, and it finds them."""
        there = {each for each, host in self._hosts.items() if host.health == "runs"}
        if name in ("vault", "capture") and {"vault", "capture"} <= there:
            self._queue += [("vault", "media-open", None), ("capture", "vault-found", None)]
        if name in ("vault", "supervisor") and {"vault", "supervisor"} <= there:
            self._queue += [("supervisor", "up", "vault"), ("vault", "control-open", None)]
        if name in ("capture", "supervisor") and {"capture", "supervisor"} <= there:
            self._queue += [("supervisor", "up", "capture"), ("capture", "joined", None)]

    def _died(self, name: Name) -> None:
        host, now_us = self._hosts[name], self.moment.boot_us
        if name not in self._frozen_us:
            red = self.panel is not None and self.panel.signal in _WHOLE
            self.deaths.append(Death(name, now_us, self.ledger.newest_us(now_us) if red else 0))
        if host.health == "frozen":
            self._frozen_us[name] = self.moment.boot_us
            return
        self._queue = deque(each for each in self._queue if each[0] != name)
        match name:
            case "vault":
                self._queue += [("capture", "vault-lost", None), ("supervisor", "down", "vault")]
            case "capture":
                self._queue += [("vault", "media-close", None), ("supervisor", "down", "capture")]
            case "supervisor":
                self.panel = None
                self._queue.append(("vault", "control-close", None))
        self.later(_START_US, lambda: self._start(name))

    def _watch(self) -> None:
        for name, since_us in list(self._frozen_us.items()):
            if self.moment.boot_us - since_us >= _WATCHDOG_US[name]:
                self._hosts[name].kill()
                self._died(name)
                del self._frozen_us[name]
