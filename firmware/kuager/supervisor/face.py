"""What the unit shows at a moment: light and motor on its pins, and the panel for those at the virtual board's door."""

from kuager import wire
from kuager.board import Board, Colour
from kuager.board.lamp import Lamp
from kuager.evidence.records import Stamp
from kuager.session import State
from kuager.supervisor import panel
from kuager.supervisor.door import Door, NoDoor
from kuager.supervisor.indicator import Indicator
from kuager.supervisor.mouth import Mouth
from kuager.supervisor.translate import CaptureView, VaultView

PANEL_US = 500_000


class Face:
    """Shows the state as often as it is called; the panel is told on change, and twice a second."""

    def __init__(
        self,
        board: Board,
        indicator: Indicator,
        views: tuple[VaultView, CaptureView],
        mouth: Mouth,
        door: Door | NoDoor,
        lamp: Lamp,
    ) -> None:
        self._board, self._indicator, self._mouth, self._door, self._lamp = board, indicator, mouth, door, lamp
        self._vault, self._capture = views
        self._panel: wire.Panel | None = None
        self._pins: tuple[Colour, bool] | None = None
        self._touched = False
        self.due_us = 0
        """When the panel must be told next."""

    def touch(self) -> None:
        """Something happened that the panel may show."""
        self._touched = True

    def show(self, state: State, now: Stamp, *, item: str, minutes_left: int | None) -> None:
        """Show this; `minutes_left`: the carrier's room."""
        self._indicator.follow(state.signal, frozenset(state.warnings), now.boot_us, discreet=state.discreet)
        pins = self._indicator.at(now.boot_us)
        self._lamp.beat(*pins)
        due = now.boot_us >= self.due_us
        if due:
            self.due_us = now.boot_us + PANEL_US
        if due or self._touched or pins != self._pins:
            self._touched, self._pins = False, pins
            self._tell(state, now, item, minutes_left or 0, due=due)

    def _tell(self, state: State, now: Stamp, item: str, minutes_left: int, *, due: bool) -> None:
        battery = self._board.battery()
        shown = panel.compose(
            state,
            self._indicator,
            self._board.shown(),
            self._vault,
            self._capture,
            self._mouth,
            now,
            item=item,
            hours_left_tenths=minutes_left // 6,
            battery_percent=battery.percent if battery else -1,
        )
        if due or panel.differs(shown, self._panel):
            self._panel = shown
            self._door.tell(shown)
