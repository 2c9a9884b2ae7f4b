"""The unit in the terminal: keys as buttons, and all that the unit shows and says. It only looks and presses."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.screen import ModalScreen
from textual.widgets import OptionList, RichLog, Static

from kuager import wire
from kuager.board import InputName
from kuager.board.hand import HOLD_S, PRESS_S
from kuager.catalogue.reading import Reader
from kuager.clock import boot_us
from kuager.terminal import view
from kuager.terminal.script import FAULTS

_MODES = ("video", "sound", "stills")
_LOOK_S = 0.05
_CHECK_S = 30.0  # how long leaving waits for a check that runs


class Hands(Protocol):
    """What the app needs of `hand.Hand`."""

    panel: wire.Panel | None
    connected: bool
    count: int

    @property
    def spoken(self) -> Collection[wire.Spoken]:
        """What was said, the newest last."""

    @property
    def sealed(self) -> Collection[wire.SealedNotice]:
        """What was sealed, the newest last."""

    def pin(self, name: InputName, level: bool) -> None:
        """Move an input."""

    def fault(self, name: str) -> None:
        """Play a fault."""

    def slide(self, mode: str) -> None:
        """Move the mode switch."""


class FaultMenu(ModalScreen[str]):
    """Chooses a fault to be played."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", show=False)]

    def __init__(self, title: str, names: dict[str, str]) -> None:
        super().__init__()
        self._title, self._names = title, names

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(id="menu"):
            yield Static(self._title)
            yield OptionList(*(self._names[fault] for fault in FAULTS))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """One was chosen."""
        self.dismiss(FAULTS[event.option_index])


class UnitApp(App[None]):
    """The app. `check(path)` gives a sealed recording's verdict as lines; `stop()` asks the parent to end all."""

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "touch('record', False)", show=False),
        Binding("R", "touch('record', True)", show=False),
        Binding("m", "touch('mark', False)", show=False),
        Binding("M", "touch('mark', True)", show=False),
        Binding("tab", "mode", show=False, priority=True),
        Binding("f", "faults", show=False),
        Binding("q,ctrl+c,ctrl+q", "leave", show=False, priority=True),
    ]

    def __init__(
        self, hand: Hands, unit: str, language: str, check: Callable[[Path], list[str]], stop: Callable[[], None]
    ) -> None:
        super().__init__()
        reader = Reader(language)
        self._hand, self._unit = hand, unit
        self._words, self._faults = reader.group("screen"), reader.group("fault")
        self._carrier = reader.group("carrier")
        self._check, self._stop = check, stop
        self._said = self._shown = self._checking = 0
        self._leaving = False
        self.results: list[str] = []
        """What is to be printed once the terminal is given back: paths and verdicts."""

    def compose(self) -> ComposeResult:
        """Header, light and state, parts, item, what was said, warnings, keys."""
        yield Static(f" {self._unit}   {self._words['training']}", id="header")
        with Horizontal(id="top"):
            yield Static("", id="light")
            with Vertical(id="state"):
                yield Static("", id="headline")
                yield Static("", id="durable")
                yield Static("", id="battery")
            yield Static("", id="parts")
        yield Static("", id="item")
        yield Static("", id="meter")
        yield RichLog(id="said", wrap=True, min_width=20, max_lines=500)
        yield Static("", id="warnings")
        yield Static(view.keys(self._words), id="keys")

    def on_mount(self) -> None:
        """Begin to look."""
        self.query_one("#said", RichLog).border_title = self._words["said"]
        self.query_one("#said", RichLog).can_focus = False
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._end)
        self.set_interval(_LOOK_S, self._look)

    def _look(self) -> None:
        with contextlib.suppress(NoMatches):  # the screen is being taken down
            self._show()

    def _show(self) -> None:
        panel = self._hand.panel if self._hand.connected else None
        red, green, blue = panel.light if panel else (0, 0, 0)
        self.query_one("#light", Static).styles.background = f"rgb({red},{green},{blue})"
        self._put("#headline", view.headline(panel, self._words))
        self._put("#durable", view.durable(panel, boot_us(), self._words))
        self._put("#battery", view.battery(panel, self._words))
        self._put("#parts", view.parts(panel, self._words, self._carrier))
        self._put("#meter", view.meter(panel, max(10, self.size.width - 24), self._words))
        item = self._words["leaving"] if self._leaving else panel.item if panel else ""
        self._put("#item", Text(item, style="bold"))
        warnings = "\n".join(panel.warnings) if panel else ""
        self._put("#warnings", Text(warnings, style="bold"))
        self.query_one("#warnings").display = bool(warnings)
        self._listen()

    def _put(self, selector: str, text: Text) -> None:
        widget = self.query_one(selector, Static)
        if widget.content != text:
            widget.update(text)

    def _listen(self) -> None:
        count, texts = self._hand.count, list(self._hand.spoken)
        for spoken in texts[len(texts) - min(len(texts), count - self._said) :]:
            self._write(Text(f"{datetime.now():%H:%M:%S}  ", style="grey62").append(spoken.text, style="#e6e6e6"))
        self._said = count
        notices = list(self._hand.sealed)
        for notice in notices[self._shown :]:
            self._write(Text(f"{self._words['sealed']}: {notice.path}", style="bold green"))
            self._write(Text(self._words["checking"], style="grey62"))
            self._verify(notice.path)
        self._shown = len(notices)

    @work(thread=True)
    def _verify(self, path: str) -> None:
        self._checking += 1
        try:
            lines = self._check(Path(path))
        finally:
            self._checking -= 1
        self.results += [path, *lines]
        self.call_from_thread(self._tell, lines)

    def _tell(self, lines: list[str]) -> None:
        for line in lines:
            self._write(Text(line, style="bold"))

    def _write(self, text: Text) -> None:
        log = self.query_one("#said", RichLog)
        log.write(text, width=log.scrollable_content_region.width)

    def action_touch(self, button: InputName, hold: bool) -> None:
        """Press a button for as long as a press or a hold takes."""
        self._hand.pin(button, True)
        self.set_timer(HOLD_S if hold else PRESS_S, lambda: self._hand.pin(button, False))

    def action_mode(self) -> None:
        """Move the mode switch on by one place."""
        panel = self._hand.panel
        if panel:
            self._hand.slide(_MODES[(_MODES.index(panel.mode) + 1) % len(_MODES)])

    def action_faults(self) -> None:
        """Let a fault be chosen."""
        if not isinstance(self.screen, FaultMenu):
            self.push_screen(FaultMenu(self._words["faults"], self._faults), self._play)

    def _play(self, fault: str | None) -> None:
        if fault == "power-fail":
            self._hand.pin("power-fail", True)
            self.set_timer(1.0, lambda: self._hand.pin("power-fail", False))
        elif fault:
            self._hand.fault(fault)

    def action_leave(self) -> None:
        """End all in order: the parent stops us last, after the seal."""
        self._leaving = True
        self._stop()

    def _end(self) -> None:
        self._leaving = True
        self.run_worker(self._finish(), exclusive=True)

    async def _finish(self) -> None:
        # The seal that came last is still being checked: its verdict is what the person waits for.
        with contextlib.suppress(NoMatches):
            self._listen()
        for _ in range(int(_CHECK_S / 0.1)):
            await asyncio.sleep(0.1)
            if not self._checking:
                break
        self.exit()
