"""A sound card's input through PyAudio (PortAudio), 48 kHz mono, by callback.

Sound that the driver or a slow reader lost is counted and shows as a jump in the stamps; nothing is filled in here.
A card that was unplugged is an error at the next read; opening again finds it when it is back.
"""

import importlib
import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kuager import clock
from kuager.capture.sensors import SAMPLE_RATE, Samples, Sound, identity
from kuager.errors import HardwareError
from kuager.evidence.records import Device

_log = logging.getLogger(__name__)

BLOCK = SAMPLE_RATE // 50
"""Samples in a block: 20 ms."""

_QUEUE = 25  # blocks: 0.5 s for a slow reader; then the oldest are lost and counted
_OLDEST_S = 1.0  # a block stamped further back than this was stamped by another clock
_CLOSE_S = 2.0


def describe(name: str, proc: Path = Path("/proc/asound"), sys: Path = Path("/sys")) -> Device:
    """The sound card behind a PortAudio device name; its name alone where it is no hardware device."""
    card = card_number(name)
    if card is None:
        return Device(make="", model=name[:200])
    listed = re.search(rf"^ *{card} \[[^\]]*\]: \S+ - (.+)$", _read(proc / "cards"), re.MULTILINE)
    return identity.usb_device(sys / f"class/sound/card{card}/device", listed[1].strip() if listed else name)


def card_number(name: str) -> int | None:
    """ALSA's number of the card in a PortAudio device name such as ``USB Audio: - (hw:1,0)``."""
    found = re.search(r"\(hw:(\d+)", name)
    return int(found[1]) if found else None


class PyAudioMicrophone:
    """A sound card's input: the one whose name contains `device`, else the default."""

    kind = "pyaudio"
    rate = SAMPLE_RATE

    def __init__(
        self, device: str = "", now: Callable[[], int] = clock.boot_us, proc: Path = Path("/proc/asound")
    ) -> None:
        self._now = now
        self._queue: deque[Sound] = deque()
        self._ready = threading.Condition()
        self._expected = 0  # the stamp that the next block has if nothing was lost
        self._newest_us = 0
        self.overflowed = 0
        self._library = _import()
        self._portaudio = self._library.PyAudio()
        try:
            found = _choose(self._portaudio, device)
            self._stream = self._portaudio.open(
                format=self._library.paInt16,
                channels=1,
                rate=SAMPLE_RATE,
                input=True,
                input_device_index=found["index"],
                frames_per_buffer=BLOCK,
                stream_callback=self._arrived,
                start=False,
            )
            self._stream.start_stream()
        except HardwareError:
            self._portaudio.terminate()
            raise
        except (OSError, ValueError) as error:
            self._portaudio.terminate()
            # PyAudio gives number and text in either order.
            reason = next((part for part in error.args if isinstance(part, str)), "no reason given")
            raise HardwareError(f"the microphone can't be opened: {reason}") from None
        name = str(found["name"])
        self.device = describe(name, proc)
        card = card_number(name)
        self._presence = None if card is None else proc / f"card{card}"

    def read(self, timeout_s: float) -> Sound | None:
        """The oldest block not read yet."""
        with self._ready:
            if self._ready.wait_for(lambda: bool(self._queue), timeout_s):
                return self._queue.popleft()
        if self._gone():
            raise HardwareError("the microphone was unplugged")
        return None

    def close(self) -> None:
        """Give the card back. PortAudio can hang on one that was unplugged, so it is waited for only a moment."""
        closing = threading.Thread(target=self._close, name="microphone-close", daemon=True)
        closing.start()
        closing.join(_CLOSE_S)
        if closing.is_alive():
            _log.error("the sound card does not stop: the process must be restarted to free it")

    def _close(self) -> None:
        try:
            self._stream.close()
            self._portaudio.terminate()
        except OSError as error:
            _log.warning("the sound card did not close: %s", error)

    def _gone(self) -> bool:
        try:
            return not self._stream.is_active() or bool(self._presence and not self._presence.exists())
        except OSError:
            return True

    def _arrived(self, data: bytes, frames: int, times: Mapping[str, float], status: int) -> tuple[None, int]:
        # PortAudio's own thread: only enqueue. The stream's clock is read here, so that waiting for the interpreter
        # makes no stamp late.
        now = self._now()
        age = self._stream.get_time() - times["input_buffer_adc_time"]
        if not (0 <= age <= _OLDEST_S and times["input_buffer_adc_time"] > 0):
            age = frames / SAMPLE_RATE
        # Two clocks were read one after the other; on a busy machine time passes in between, and must not go back.
        stamp = self._newest_us = max(self._newest_us, now - int(age * 1_000_000))
        samples: Samples = np.frombuffer(data, np.int16)
        with self._ready:
            if status & self._library.paInputOverflow:
                self.overflowed += max(1, (stamp - self._expected) * SAMPLE_RATE // 1_000_000)
            if len(self._queue) >= _QUEUE:
                self.overflowed += self._queue.popleft().samples.size
            self._queue.append(Sound(samples, stamp))
            self._ready.notify()
        self._expected = stamp + samples.size * 1_000_000 // SAMPLE_RATE
        return None, self._library.paContinue


def _import() -> Any:
    try:
        return importlib.import_module("pyaudio")
    except ImportError:
        raise HardwareError("PyAudio is not installed: install kuager with its extra `unit`") from None


def _choose(portaudio: Any, device: str) -> Mapping[str, Any]:
    inputs: list[Mapping[str, Any]] = [
        info
        for index in range(portaudio.get_device_count())
        if (info := portaudio.get_device_info_by_index(index))["maxInputChannels"] > 0
    ]
    if not inputs:
        raise HardwareError("there is no microphone: connect one, or set [microphone] kind to replay")
    named = [info for info in inputs if device.casefold() in str(info["name"]).casefold()]
    if not named:
        names = ", ".join(str(info["name"]) for info in inputs)
        raise HardwareError(f"no microphone is named {device}; there are: {names}")
    if device:
        return named[0]
    try:
        return dict(portaudio.get_default_input_device_info())
    except OSError:
        return named[0]


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
