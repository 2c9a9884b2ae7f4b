"""What hangs on the board: made as the board's file says, each beside the others, and closed with them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kuager.board import Board
from kuager.board.card import CardReader, Shown
from kuager.board.fit import fit
from kuager.board.gnss import Gnss
from kuager.settings import Settings
from kuager.supervisor.operators import Operators

TABLE = "operators.toml"


@dataclass(frozen=True)
class Fittings:
    """The board, and what reads beside it. `hold_up_us`: how long it lives on once its power fails (0: not known)."""

    board: Board
    operators: Operators
    hold_up_us: int = 0
    gnss: Gnss | None = None
    card: CardReader | None = None

    def start(self) -> None:
        """Begin to listen to receiver and card reader."""
        for each in (self.gnss, self.card):
            if each:
                each.start()

    def close(self) -> None:
        """Listen to them no more."""
        for each in (self.gnss, self.card):
            if each:
                each.close()


def fit_out(settings: Settings, beside: Path, run: Path, post: Callable[[Shown], None]) -> Fittings:
    """All that the settings' board has. `beside`: the settings' folder; `post` takes cards, from another thread."""
    board, wired = fit(settings, run)
    return Fittings(
        board=board,
        operators=Operators(beside / TABLE),
        hold_up_us=wired.power.hold_up_ms * 1000,
        gnss=Gnss(wired.position) if wired.position else None,
        card=CardReader(wired.card, post) if wired.card else None,
    )
