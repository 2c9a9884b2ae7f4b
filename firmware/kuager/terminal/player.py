"""Plays a script at the board's door, and says on the way what the unit does."""

import signal
import time
from collections.abc import Callable

from kuager import wire
from kuager.board.hand import HOLD_S, PRESS_S, Hand
from kuager.clock import boot_us
from kuager.errors import CarrierError, HardwareError, KuagerError
from kuager.procedure import Pack
from kuager.terminal.script import WAIT_S, Action

ANSWER_S = 1.0
"""How long a person answers, in a dialogue at the natural pace."""

_CARRIER_HELP = {
    "full": "make room on it or use another",
    "read-only": "make it writable or use another",
    "missing": "put it back or use another",
    "blank": "press record and then hold it, and it is prepared",
}
_BY_HAND = ("press", "hold", "mode", "fault")
_QUICK_S = 0.25
_DIALOGUE_S = 600.0
_PATIENCE_S = 10.0  # a prompt that nothing follows is answered once more
_POLL_S = 0.1


class EndedError(KuagerError):
    """The unit is being stopped while the script plays."""


class Player:
    """Plays actions. `kill(name, signal)` reaches the processes; `say` takes progress; `ended()` tells of a stop."""

    def __init__(
        self,
        hand: Hand,
        pack: Pack,
        run_s: float,
        kill: Callable[[str, signal.Signals], bool],
        say: Callable[[str], None],
        ended: Callable[[], bool],
    ) -> None:
        self._hand, self._run_s, self._kill, self._say, self._ended = hand, run_s, kill, say, ended
        items = (*pack.opening, *pack.closing, pack.breaking, pack.resumed)
        self._items = {item.prompt: item for item in items}
        self._sealed = 0

    def play(self, actions: list[Action]) -> None:
        """All of them, in order. Raises CarrierError, HardwareError or EndedError with what went wrong and where."""
        for action in actions:
            self._one(action)

    def _one(self, action: Action) -> None:
        hand = self._hand
        if action.verb in _BY_HAND and not self._until(lambda: hand.connected, WAIT_S):
            raise self._failure(action, f"there is no board to do it on after {WAIT_S:g} s")
        match action.verb:
            case "press" | "hold":
                self._press(action.word, HOLD_S if action.verb == "hold" else PRESS_S)
            case "mode":
                hand.slide(action.word)
            case "wait":
                self._until(lambda: False, action.seconds or 0.0)
            case "run":
                self._run(action)
            case "wait-for":
                self._wait_for(action)
            case "opening" | "closing":
                self._dialogue(action)
            case "fault" if action.word == "power-fail":
                hand.pin("power-fail", True)
            case "fault":
                hand.fault(action.word)
            case "kill":
                self._kill(action.word, signal.SIGKILL)
            case "say":
                self._say(action.word)

    def _press(self, button: str, seconds: float) -> None:
        name = "record" if button == "record" else "mark"
        self._hand.pin(name, True)  # type: ignore[arg-type]
        time.sleep(seconds)
        self._hand.pin(name, False)  # type: ignore[arg-type]
        time.sleep(PRESS_S)

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        with self._hand.changed:
            while True:
                # Asked first: what a stop does to the unit is not what the script waits for.
                if self._ended():
                    raise EndedError("stopped before the session was over")
                if condition():
                    return True
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self._hand.changed.wait(min(left, _POLL_S))

    def _wait_for(self, action: Action) -> None:
        wanted, hand = action.word, self._hand

        def so() -> bool:
            if wanted == "sealed":
                return len(hand.sealed) > self._sealed
            if wanted == "durable":
                return bool(hand.panel and hand.panel.durable_us and boot_us() - hand.panel.durable_us < 2_000_000)
            return hand.state == wanted or self._refused(wanted)

        limit = WAIT_S if action.seconds is None else action.seconds
        if not self._until(so, limit) or (wanted != "sealed" and self._refused(wanted)):
            raise self._failure(action, f"not so after {limit:g} s")
        if wanted == "sealed":
            self._sealed += 1

    def _refused(self, wanted: str) -> bool:
        # A carrier that can't be written will not become ready by waiting.
        panel = self._hand.panel
        place = panel.carrier.split(" ", 1)[0] if panel else ""
        return wanted in ("ready", "opening", "recording") and place in ("full", "read-only", "foreign", "failed")

    def _run(self, action: Action) -> None:
        running = ("opening", "recording", "interrupted", "breaking", "break", "closing", "")
        if self._until(lambda: self._hand.state not in running, action.seconds or self._run_s):
            raise self._failure(action, "the unit ended the recording by itself")

    def _failure(self, action: Action, what: str) -> KuagerError:
        panel = self._hand.panel
        if panel is None:
            return HardwareError(f"{action}: {what}; the unit does not start")
        carrier, _, detail = panel.carrier.partition(" ")
        if carrier not in ("", "ready"):
            help_ = _CARRIER_HELP.get(carrier, "use another")
            return CarrierError(f"the carrier is {carrier}: {detail}; {help_} (script, {action})")
        warnings = f"; {' '.join(panel.warnings)}" if panel.warnings else ""
        return HardwareError(f"{action}: {what}; the unit is in state {self._hand.state or 'gone'}{warnings}")

    def _dialogue(self, action: Action) -> None:
        hand, seen = self._hand, -1
        states = (action.verb, "interrupted", "")
        end = time.monotonic() + _DIALOGUE_S
        answer_us = int(1_000_000 * (ANSWER_S if action.word == "natural" else _QUICK_S))
        while hand.state in states:
            if time.monotonic() > end:
                raise self._failure(action, f"not through after {_DIALOGUE_S:g} s")
            with hand.changed:
                heard, number = list(hand.spoken), hand.count
            # A warning may come between a question and its answer; it asks for none itself.
            asked, back = next(((each, back) for back, each in enumerate(reversed(heard)) if _asks(each)), (None, 0))
            if asked is None or number - back == seen:
                if self._nothing_follows(number, states):
                    seen = -1
            else:
                ends_us = heard[-1].at_us + (heard[-1].duration_us if action.word == "natural" else 0)
                if self._answered(ends_us, answer_us, number):
                    seen = number - back
                    self._answer(asked.prompt)

    def _nothing_follows(self, number: int, states: tuple[str, ...]) -> bool:
        hand = self._hand
        return not self._until(lambda: hand.state not in states or hand.count != number, _PATIENCE_S)

    def _answered(self, ends_us: int, answer_us: int, number: int) -> bool:
        """Whether what was said ended, and the person answered, before the unit said something else."""
        left_us = ends_us + answer_us - boot_us()
        return not self._until(lambda: self._hand.count != number, max(0, left_us) / 1_000_000)

    def _answer(self, prompt: str) -> None:
        item = self._items.get(prompt)
        if prompt.startswith("action.") or (item and item.confirms):
            self._press("record", PRESS_S)
        elif item and item.speaker != "unit":
            self._press("mark", PRESS_S)


def _asks(spoken: wire.Spoken) -> bool:
    return not spoken.prompt.startswith("warning.")
