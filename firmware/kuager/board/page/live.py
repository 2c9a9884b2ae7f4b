"""What goes between the unit and the browsers that look at it. Several may watch; one at a time controls.

All of it lives on the event loop's thread. A browser that does not keep up loses pictures, and older states of the
panel, but no word; one that falls behind even so is sent away.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from kuager import wire
from kuager.evidence.records import Mode
from kuager.peer import Down, Heard, Up

_log = logging.getLogger(__name__)

MAX_BROWSERS = 16
_WAITING = 400  # words and parts of sound that one browser may be behind
_KEPT = 40  # texts that a browser which comes later still gets
PICTURE, SOUND = b"\x01", b"\x02"
"""First byte of a binary message: a JPEG; or 16-bit mono samples at 48 kHz."""


class Press(msgspec.Struct, frozen=True, tag="press", tag_field="do", forbid_unknown_fields=True):
    """Move a button: True while it is held down."""

    button: Literal["record", "mark"]
    down: bool


class Slide(msgspec.Struct, frozen=True, tag="slide", tag_field="do", forbid_unknown_fields=True):
    """Move the mode switch."""

    mode: Mode


class Play(msgspec.Struct, frozen=True, tag="fault", tag_field="do", forbid_unknown_fields=True):
    """Play a fault of the drawer."""

    fault: str


class Take(msgspec.Struct, frozen=True, tag="take", tag_field="do", forbid_unknown_fields=True):
    """Take the controls."""


Wish = Press | Slide | Play | Take
_wishes = msgspec.json.Decoder(Wish)


class Browser:
    """One that looks: `next` gives what is to be sent to it."""

    def __init__(self) -> None:
        self._words: deque[str | bytes] = deque()
        self._slots: dict[str, str | bytes] = {}  # only the newest of each counts
        self._woken = asyncio.Event()
        self.lost = False

    def put(self, message: str | bytes) -> None:
        """Send this, in order."""
        if len(self._words) >= _WAITING:
            self.lost = True
        else:
            self._words.append(message)
        self._woken.set()

    def put_newest(self, slot: str, message: str | bytes) -> None:
        """Send this unless a newer one comes before it was sent."""
        self._slots[slot] = message
        self._woken.set()

    async def next(self) -> str | bytes | None:
        """What to send now; waits for it. None: it is to be sent away."""
        while not (message := self.take()) and not self.lost:
            self._woken.clear()
            await self._woken.wait()
        return None if self.lost else message

    def take(self) -> str | bytes | None:
        """What to send now; None where there is nothing. The state first: no light is older than the words about it."""
        if "panel" in self._slots:
            return self._slots.pop("panel")
        if self._words:
            return self._words.popleft()
        return self._slots.popitem()[1] if self._slots else None


class Hub:
    """Hears the unit, tells the browsers; takes the controlling browser's hand to the unit.

    `send` reaches the board's door. `watch(on)` asks capture for pictures, `play(fault)` plays one.
    """

    def __init__(
        self, send: Callable[[wire.Message], object], watch: Callable[[bool], object], play: Callable[[str], None]
    ) -> None:
        self._send, self._watch, self._play = send, watch, play
        self._browsers: list[Browser] = []
        self._controls: Browser | None = None
        self._down: set[Literal["record", "mark"]] = set()
        self._panel = ""
        self._kept: deque[wire.Spoken | wire.SealedNotice] = deque(maxlen=_KEPT)

    def heard(self, item: Up | Down | Heard) -> None:
        """From the door, or from capture."""
        match item:
            case Up(peer="board"):
                self._send(wire.Listen(on=bool(self._browsers)))
            case Down(peer="board"):
                self._panel = _text({"m": "gone"})
                self._newest("panel", self._panel)
            case Up(peer="capture"):
                self._watch(bool(self._browsers))
            case Heard(message=wire.Panel() as panel):
                self._panel = _text(panel)
                self._newest("panel", self._panel)
            case Heard(message=wire.Preview() as preview):
                self._newest("picture", PICTURE + preview.data)
            case Heard(message=wire.Sound() as sound):
                self._tell(SOUND + sound.pcm)
            case Heard(message=wire.Spoken() | wire.SealedNotice() as words):
                self._kept.append(words)
                self._tell(_text(words))

    def join(self) -> Browser | None:
        """One more looks; it controls if nobody does. None where there are too many."""
        if len(self._browsers) >= MAX_BROWSERS:
            return None
        browser = Browser()
        self._browsers.append(browser)
        if len(self._browsers) == 1:
            self._watch(True)
            self._send(wire.Listen(on=True))
        self._controls = self._controls or browser
        if self._panel:
            browser.put_newest("panel", self._panel)
        for words in self._kept:
            browser.put(_text({"old": True, **msgspec.to_builtins(words)}))
        self._tell_who()
        return browser

    def leave(self, browser: Browser) -> None:
        """It looks no more. A button that it held is let go: nothing else changes for the unit.

        Its controls go to whoever has looked longest: a page that is loaded anew must not find them with nobody.
        """
        self._browsers.remove(browser)
        if browser is self._controls:
            self._release()
            self._controls = self._browsers[0] if self._browsers else None
        if not self._browsers:
            self._watch(False)
            self._send(wire.Listen(on=False))
        self._tell_who()

    def wish(self, browser: Browser, text: str) -> None:
        """What a browser wants; what it may not want, or what is no wish, is ignored."""
        try:
            wish = _wishes.decode(text)
        except (msgspec.DecodeError, RecursionError):
            _log.warning("a browser sent what is no wish")
            return
        if isinstance(wish, Take):
            self._release()
            self._controls = browser
            self._tell_who()
        elif browser is self._controls:
            self._do(wish)

    def _do(self, wish: Press | Slide | Play) -> None:
        match wish:
            case Press(button, down):
                (self._down.add if down else self._down.discard)(button)
                self._send(wire.Pin(name=button, level=down))
            case Slide(mode):
                self._send(wire.Pin(name="mode-up", level=mode == "stills"))
                self._send(wire.Pin(name="mode-down", level=mode == "sound"))
            case Play(fault):
                self._play(fault)

    def _release(self) -> None:
        for button in self._down:
            self._send(wire.Pin(name=button, level=False))
        self._down.clear()

    def _tell_who(self) -> None:
        for browser in self._browsers:
            about = {"m": "who", "controls": browser is self._controls, "others": len(self._browsers) - 1}
            browser.put_newest("who", _text(about))

    def _tell(self, message: str | bytes) -> None:
        for browser in self._browsers:
            browser.put(message)

    def _newest(self, slot: str, message: str | bytes) -> None:
        for browser in self._browsers:
            browser.put_newest(slot, message)


def _text(message: Any) -> str:
    return msgspec.json.encode(message).decode()
