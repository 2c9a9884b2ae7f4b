"""What hands do to the board, as events of the session. Pure: times come in with the edges."""

from kuager.board import Edge
from kuager.board.inputs import Gesture, Inputs
from kuager.evidence.records import Mode
from kuager.session import events
from kuager.session.events import AnyEvent

_BUTTON: dict[str, type[events.Down | events.Press | events.Hold]] = {
    "down": events.Down,
    "press": events.Press,
    "hold": events.Hold,
}


class Hands:
    """Follows the inputs. `mode`: what the session knows of the mode switch."""

    def __init__(self, mode: Mode) -> None:
        self._inputs = Inputs()
        self._mode: Mode = mode
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
        for pin, kind, at_us in gestures:
            match pin:
                case "record" | "mark":
                    done.append(_BUTTON[kind](at_us=at_us, button=pin))
                case "power-fail" if kind == "on":
                    done.append(events.PowerFail(at_us=at_us))
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
