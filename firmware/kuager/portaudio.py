"""PortAudio, through PyAudio, without what its libraries print whenever cards are listed.

Each listing tries every name that ALSA knows, and JACK's server; on a unit nobody reads that, it fills the journal.
"""

import contextlib
import ctypes
import importlib
import os
from typing import Any

from kuager.errors import HardwareError


def load() -> Any:
    """The module `pyaudio`. Raises HardwareError where it is not installed."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        library = importlib.import_module("pyaudio")
    except ImportError:
        raise HardwareError("PyAudio is not installed: install kuager with its extra `unit` for a sound card") from None
    if not os.environ.get("KUAGER_TRACEBACK"):
        _quiet()
    return library


def _quiet() -> None:
    # A function of C that takes nothing and does nothing: a callback of Python's would need memory that is written and
    # executed, which a unit's processes are denied.
    nothing = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)
    for name, setters in (
        ("libasound.so.2", ("snd_lib_error_set_handler",)),
        ("libjack.so.0", ("jack_set_error_function", "jack_set_info_function")),
    ):
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(name, mode=os.RTLD_NOW | os.RTLD_NOLOAD)
            for setter in setters:
                getattr(library, setter)(nothing)
