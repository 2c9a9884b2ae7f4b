"""The supervisor's voice, on a thread of its own, so that no disk and no sound card holds the supervisor up."""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from kuager.clock import Clock
from kuager.errors import HardwareError, KuagerError
from kuager.session import effects
from kuager.settings import Settings
from kuager.voice.loudspeaker import Loudspeaker, Several, VirtualLoudspeaker
from kuager.voice.player import SpeakerQueue, Spoken
from kuager.voice.speech import Speech, Voice, directories

_log = logging.getLogger(__name__)

_WAITING = 32  # prompts not yet put together; more are answered as dropped


class Begun(NamedTuple):
    """A speech begins to sound (CLOCK_BOOTTIME us)."""

    speech: Speech
    at_us: int


class Mouth:
    """Speaks one language. `post` takes Begun and Spoken from other threads; each `say` is answered by one Spoken.

    `emit` takes the sound for the virtual board's room; a real board has none, and what no sound card plays there is
    not heard, and said not to be.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        emit: Callable[[bytes, int], None] | None,
        post: Callable[[Begun | Spoken], None],
    ) -> None:
        self._settings, self._clock = settings, clock
        self._emit, self._post = emit, post
        self.catalogue = Voice(settings.unit.language, ()).catalogue
        self._jobs: queue.Queue[effects.Speak | None] = queue.Queue(_WAITING)  # None: see whether to be hushed
        self._line: SpeakerQueue | None = None
        self._hushed = False
        self.sound_card = False
        """Whether a sound card plays what is said, beside the virtual room."""
        self._thread = threading.Thread(target=self._run, name="mouth", daemon=True)

    def start(self) -> None:
        """Begin: looks for a loudspeaker, then speaks what was asked for."""
        self._thread.start()

    def say(self, speak: effects.Speak) -> None:
        """Speak soon; never blocks."""
        try:
            self._jobs.put_nowait(speak)
        except queue.Full:
            now = self._clock.now().boot_us
            self._post(Spoken(speak.prompt, None, now, now, "dropped", audible=False))

    def text(self, text_id: str, arguments: Mapping[str, effects.Argument]) -> str:
        """A text of the catalogue for the screen; its id where the catalogue can't say it."""
        try:
            return self.catalogue.text(text_id, **self._filled(arguments))
        except KuagerError as error:
            _log.error("%s", error)
            return text_id

    def hush(self, on: bool) -> None:
        """Make no sound, or speak again, soon; never blocks. What is said is shown all the same."""
        if on != self._hushed:
            self._hushed = on
            with contextlib.suppress(queue.Full):  # then the next that waits is said, or not, accordingly
                self._jobs.put_nowait(None)

    def close(self) -> None:
        """Fall silent."""
        if self._line:
            self._line.silence()

    def _run(self) -> None:
        voice = Voice(self._settings.unit.language, directories(self._settings.voice.directory))
        self._line = SpeakerQueue(self._loudspeaker(), lambda speech, at: self._post(Begun(speech, at)), self._post)
        while True:
            speak = self._jobs.get()
            self._line.hush(self._hushed)
            if speak:
                self._say(self._line, voice, speak)

    def _say(self, line: SpeakerQueue, voice: Voice, speak: effects.Speak) -> None:
        line.say(
            speak.prompt,
            partial(self._make, voice, speak),
            subject=" ".join(each.key for each in speak.args.values() if isinstance(each, effects.Term)),
            cut=speak.cut,
            keep=speak.keep,
            alone=speak.alone,
            urgent=speak.prompt.startswith("warning."),
        )

    def _make(self, voice: Voice, speak: effects.Speak) -> Speech:
        return voice.say(speak.prompt, **self._filled(speak.args))

    def _loudspeaker(self) -> Loudspeaker | None:
        wanted, volume = self._settings.voice.loudspeaker, self._settings.voice.volume
        room = VirtualLoudspeaker(self._emit, volume=volume) if self._emit else None
        if wanted == "virtual":
            return room
        try:
            from kuager.voice.soundcard import SoundcardLoudspeaker

            card = SoundcardLoudspeaker(self._settings.voice.device, volume)
        except (HardwareError, OSError) as error:
            _log.log(logging.WARNING if wanted == "pyaudio" else logging.INFO, "no sound card: %s", error)
            return room
        self.sound_card = True
        return Several(card, room) if room else card

    def _filled(self, arguments: Mapping[str, effects.Argument]) -> dict[str, str | datetime]:
        return {name: self._value(argument) for name, argument in arguments.items()}

    def _value(self, argument: effects.Argument) -> str | datetime:
        if isinstance(argument, effects.Term):
            return argument.key
        now = self._clock.now()
        utc_us = now.utc_us
        if isinstance(argument, effects.Moment):
            utc_us = argument.utc_us or now.utc_us - (now.boot_us - argument.boot_us)
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=max(0, utc_us))).astimezone()
