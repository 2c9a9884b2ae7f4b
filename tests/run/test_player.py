"""The hand that plays a script, at a door where something unusual is said."""

import threading
import time

from kuager import wire
from kuager.clock import boot_us
from kuager.procedure import pack
from kuager.terminal.player import Player
from kuager.terminal.script import Action


class Door:
    """As hand.Hand: asks for the place, then warns of something; the mark button ends the opening."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.state, self.connected, self.panel = "opening", True, None
        self.spoken = [self._said("opening.place"), self._said("warning.clock-holdover")]
        self.count = len(self.spoken)
        self.pins: list[tuple[str, bool]] = []

    @staticmethod
    def _said(prompt: str) -> wire.Spoken:
        return wire.Spoken(prompt=prompt, text="x", at_us=boot_us(), duration_us=1000)

    def pin(self, name: str, level: bool) -> None:
        self.pins.append((name, level))
        if (name, level) == ("mark", False):
            self.state = "recording"


def test_a_warning_between_a_question_and_its_answer_keeps_nobody_from_answering() -> None:
    door, until = Door(), time.monotonic() + 5

    def ended() -> bool:
        return time.monotonic() > until

    player = Player(door, pack(), 1.0, lambda *_: False, print, ended)  # type: ignore[arg-type]
    player.play([Action(1, "opening", "quick")])
    assert door.pins == [("mark", True), ("mark", False)]
