"""The loudspeaker of a sound card, through PortAudio (PyAudio, which is imported only when one is asked for)."""

import logging
import threading
from typing import Any

from kuager import portaudio
from kuager.clock import boot_us
from kuager.errors import HardwareError
from kuager.voice.loudspeaker import Done, at_volume
from kuager.voice.sound import RATE, SAMPLE_BYTES

_BLOCK = RATE // 20 * SAMPLE_BYTES  # 50 ms: how soon it falls silent

_log = logging.getLogger(__name__)


class SoundcardLoudspeaker:
    """Plays on the first output whose name holds `device`, or on the default one.

    The card is opened anew for each speech, on a thread of its own, so that one that was unplugged, or hangs, costs its
    sound and nothing else. One that has a name is part of the unit: it may be missing now and come later.
    """

    def __init__(self, device: str = "", volume: int = 100) -> None:
        """Raises HardwareError where PyAudio is not installed, or where none is named and there is no output."""
        self._pyaudio: Any = portaudio.load()
        self._device, self._volume = device, volume
        self._busy = False
        self._stopped = threading.Event()
        try:
            self._look()
        except HardwareError as error:
            if not device:
                raise
            _log.warning("%s", error)

    def play(self, pcm: bytes, done: Done) -> int:
        """See Loudspeaker."""
        if self._busy:
            raise HardwareError("the sound card does not take any sound")
        self._busy = True
        self._stopped = threading.Event()
        run = threading.Thread(target=self._run, args=(pcm, done, self._stopped), name="loudspeaker", daemon=True)
        run.start()
        return boot_us()

    def stop(self) -> None:
        """See Loudspeaker."""
        self._stopped.set()

    def _run(self, pcm: bytes, done: Done, stopped: threading.Event) -> None:
        heard = False
        try:
            self._write(pcm, stopped)
            heard = True
        except (OSError, ValueError) as error:
            _log.warning("the sound card failed: %s", error)
        self._busy = False
        done(heard)

    def _look(self) -> None:
        try:
            port = self._pyaudio.PyAudio()
        except OSError as error:
            raise HardwareError(f"there is no sound: {error}") from None
        try:
            self._output(port)
        finally:
            port.terminate()

    def _write(self, pcm: bytes, stopped: threading.Event) -> None:
        port = self._pyaudio.PyAudio()  # lists the cards that are there now
        try:
            stream = port.open(
                RATE,
                1,
                self._pyaudio.paInt16,
                output=True,
                output_device_index=self._output(port),
                frames_per_buffer=1024,
            )
            try:
                for at in range(0, len(pcm), _BLOCK):
                    if stopped.is_set():
                        break
                    stream.write(at_volume(pcm[at : at + _BLOCK], self._volume))
                stream.stop_stream()  # returns when what is buffered has sounded
            finally:
                stream.close()
        finally:
            port.terminate()

    def _output(self, port: Any) -> int:
        try:
            if not self._device:
                return int(port.get_default_output_device_info()["index"])
            for index in range(port.get_device_count()):
                info = port.get_device_info_by_index(index)
                if info["maxOutputChannels"] > 0 and self._device.casefold() in str(info["name"]).casefold():
                    return index
        except OSError:
            raise HardwareError("there is no loudspeaker on this machine") from None
        raise HardwareError(f"no loudspeaker's name holds '{self._device}'")
