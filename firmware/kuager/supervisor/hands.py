"""What hands do to the board, as events of the session. Pure: times come in with the edges."""

from kuager.board import Edge
from kuager.board.inputs import Gesture, Inputs
from kuager.evidence.records import Mode
from kuager.session import events
from kuager.session.events import AnyEvent, Button


class Hands:
    """Follows the inputs. `mode`: what the session knows of the mode switch; `hold_up_us`: how long the board lives on
    once its power fails (0: not known).
    """

    def __init__(self, mode: Mode, hold_up_us: int = 0) -> None:
        self._inputs = Inputs()
        self._mode: Mode = mode
        self._hold_up_us = hold_up_us
        self._up = self._down = False

    def edge(self, edge: Edge) -> list[AnyEvent]:
        """Take an edge; gives what became certain by its time."""
        return self._events(self._inputs.edge(edge))

    def tick(self, now_us: int) -> list[AnyEvent]:
        """What became certain by now."""
        return self._events(self._inputs.tick(now_us))

    def deadline(self) -> int | None:
        """When `tick` must be called next."""
        return self._inputs.deadline()

    def _events(self, gestures: list[Gesture]) -> list[AnyEvent]:
        done: list[AnyEvent] = []
        for gesture in gestures:
            pin, kind, at_us, _ = gesture
            match pin:
                case "record" | "mark":
                    done.append(_button(pin, gesture))
                case "power-fail" if kind == "on":
                    done.append(events.PowerFail(at_us=at_us, hold_up_us=self._hold_up_us))
                case "dock":
                    done.append(events.Docked(at_us=at_us, active=kind == "on"))
                case "mode-up":
                    self._up = kind == "on"
                    done += self._slide(at_us)
                case "mode-down":
                    self._down = kind == "on"
                    done += self._slide(at_us)
        return done

    def _slide(self, at_us: int) -> list[AnyEvent]:
        # A switch with three places: up stills, middle video, down sound. Both at once is a broken switch: unchanged.
        if self._up and self._down:
            return []
        place: Mode = "stills" if self._up else "sound" if self._down else "video"
        if place == self._mode:
            return []
        self._mode = place
        return [events.ModeSlid(at_us=at_us, mode=place)]


def _button(button: Button, gesture: Gesture) -> AnyEvent:
    at_us = gesture.at_us
    match gesture.kind:
        case "down":
            return events.Down(at_us=at_us, button=button, found=gesture.found)
        case "press":
            return events.Press(at_us=at_us, button=button)
        case "hold":
            return events.Hold(at_us=at_us, button=button)
        case _:
            return events.Stuck(at_us=at_us, button=button, active=gesture.kind == "stuck")
