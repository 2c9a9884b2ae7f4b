"""One table: what the unit is doing or suffers -> light, vibration, voice, priority.

Three kinds: a *mode* lasts as long as the state it says; a *warning* is laid over the mode as a short blip and spoken
once; a *flash* answers a hand. A mode with ``red=True`` says "recorded and safe": it is shown only while media are
durable and young.
"""

from typing import Literal

import msgspec

Colour = tuple[int, int, int]

OFF: Colour = (0, 0, 0)
RED: Colour = (255, 0, 0)
GREEN: Colour = (0, 255, 0)
BLUE: Colour = (0, 0, 255)
AMBER: Colour = (255, 120, 0)
WHITE: Colour = (255, 255, 255)

Mode = Literal[
    "no-carrier", "starting", "starting-pressed", "ready", "sealing",
    "not-durable", "opening", "recording", "breaking", "closing",
    "interrupted", "interrupted-partly", "break", "stills", "stopping",
]  # fmt: skip


class Signal(msgspec.Struct, frozen=True):
    """How one thing is said. `steps`: ms on, off, on ... repeated; empty: steady. Vibration: the same, once."""

    colour: Colour
    steps: tuple[int, ...] = ()
    vibration: tuple[int, ...] = ()  # on entering, ms on, off, on ...
    repeat_s: int = 0  # the vibration again after so many seconds, while it lasts
    prompt: str = ""  # catalogue key, spoken on entering
    priority: int = 0  # of several, the highest is spoken first
    red: bool = False  # says that media are durable and young


MODES: dict[Mode, Signal] = {
    "no-carrier": Signal(AMBER, (150, 150), (300, 200, 300), 20, "warning.no-carrier", 90),
    "starting": Signal(WHITE, (500, 1500), priority=20),
    "starting-pressed": Signal(WHITE, (150, 350), priority=40),
    "ready": Signal(GREEN, priority=10),
    "sealing": Signal(GREEN, (700, 300), priority=15),
    "opening": Signal(RED, priority=60, red=True),
    "recording": Signal(RED, priority=60, red=True),
    "breaking": Signal(RED, (1200, 200, 200, 200), priority=60, red=True),
    "closing": Signal(RED, (900, 300), priority=60, red=True),
    "not-durable": Signal(WHITE, (100, 400), priority=70),
    "interrupted": Signal(AMBER, (400, 200), (500, 200, 500), 20, priority=80),
    "interrupted-partly": Signal(AMBER, (1200, 300), (500,), 60, priority=75),
    "break": Signal(BLUE, (300, 2700), (200,), 60, priority=50),
    "stills": Signal(WHITE, (1500, 500), priority=60),
    "stopping": Signal(WHITE, (150, 150, 150, 1550), priority=15),
}
"""Modes, by name. `not-durable`: nothing young is acknowledged. `interrupted-partly`: one stream goes on."""

BLIP = Signal(AMBER, (150, 4850))
"""Any warning over any mode, but for modes that are amber themselves."""

WARNINGS: dict[str, Signal] = {
    code: Signal(AMBER, (), vibration, 0, f"warning.{code}", priority)
    for code, vibration, priority in (
        ("carrier", (300, 200, 300), 95),
        ("not-durable", (300, 200, 300), 94),
        ("seal-failed", (300, 200, 300), 93),
        ("camera", (300, 200, 300), 92),
        ("microphone", (300, 200, 300), 91),
        ("capture", (300, 200, 300), 90),
        ("carrier-blank", (300, 200, 300), 89),
        ("carrier-foreign", (300, 200, 300), 88),
        ("power-nearly-empty", (300, 200, 300), 82),
        ("carrier-nearly-full", (300, 200, 300), 81),
        ("power-low", (300,), 80),
        ("heat", (300,), 79),
        ("carrier-low", (300,), 78),
        ("vault", (300,), 60),
        ("button-stuck", (300,), 57),
        ("lens-covered", (300,), 56),
        ("picture-frozen", (300,), 55),
        ("sound-muffled", (300,), 54),
        ("encoder", (), 50),
        ("sound-level", (300,), 49),
        ("clock-unset", (300,), 40),
        ("clock-holdover", (300,), 35),
        ("board", (300,), 32),
        ("settings", (), 30),
    )
}

REMINDER = Signal(OFF, (), (80, 120, 80))
"""Felt now and then while the light is red: recording is still on."""

FLASHES: dict[str, Signal] = {
    "press": Signal(WHITE, (120,), (80,), 0, "", 100),
    "refused": Signal(WHITE, (60, 60, 60), (60, 60, 60), 0, "", 100),
    "photo": Signal(WHITE, (40,), (40, 60, 40), 0, "", 100),
    "discreet": Signal(WHITE, (40,), (600,), 0, "", 100),
}
"""Answers to a hand, each shown once over everything else."""


_RECORDING: dict[str, Mode] = {
    "opening": "opening", "recording": "recording", "breaking": "breaking", "closing": "closing"
}  # fmt: skip


def is_red(shown: str) -> bool:
    """Whether the mode of this name says that media are durable and young."""
    return any(signal.red for name, signal in MODES.items() if name == shown)


def mode(phase: str, *, carrier: bool, waiting: bool, running: bool, durable: bool, silent: bool) -> Mode:
    """The signalling mode of a phase.

    `carrier`: there is one to write on; `waiting`: a press still waits for its recording; `running`: a stretch is being
    recorded; `durable`: its newest acknowledged media are young; `silent`: photographs only, so no stretch runs.
    """
    match phase:
        case "starting":
            if not carrier:
                return "no-carrier"
            return "starting-pressed" if waiting else "starting"
        case "ready":
            return "ready"
        case "sealing":
            return "sealing"
        case "stopping":
            return "stopping"
        case "break":
            return "break"
        case "interrupted":
            return "interrupted-partly" if running else "interrupted"
    if silent:
        return "stills"
    return _RECORDING[phase] if running and durable else "not-durable"


def light(mode: Mode, warned: bool, since_us: int, at_us: int) -> Colour:
    """The light's colour at a moment, `since_us` being when the mode began (both CLOCK_BOOTTIME us)."""
    signal = MODES[mode]
    if warned and signal.colour != AMBER and _on(BLIP.steps, at_us // 1000):
        return AMBER
    return signal.colour if _on(signal.steps, (at_us - since_us) // 1000) else OFF


def _on(steps: tuple[int, ...], at_ms: int) -> bool:
    if not steps:
        return True
    rest = at_ms % sum(steps)
    for index, length in enumerate(steps):
        if rest < length:
            return index % 2 == 0
        rest -= length
    return False
