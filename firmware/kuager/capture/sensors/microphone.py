"""Opens the microphone that the settings ask for."""

from kuager import settings as unit_settings
from kuager.capture.sensors import Faults, Microphone, microphone_replay, microphone_rigged
from kuager.capture.sensors.room import VirtualRoom


def open_microphone(
    settings: unit_settings.Microphone, room: VirtualRoom | None = None, faults: Faults | None = None
) -> Microphone:
    """The microphone, running. Raises HardwareError, in one sentence, where there is none.

    `room` and `faults` are the virtual board's; None on a real unit. A sound card hears the real loudspeaker, not the
    room's. `auto` takes a sound card and never a file: a recorded voice must not slip in where one was unplugged.
    """
    if faults:
        microphone_rigged.check_present(faults)
    microphone: Microphone
    if settings.kind == "replay":
        files = [settings.path] if settings.path else microphone_replay.default_voice()
        microphone = microphone_replay.ReplayMicrophone(files, room)
    else:
        # PyAudio needs PortAudio and a sound card; neither is there on every virtual board.
        from kuager.capture.sensors import microphone_pyaudio

        microphone = microphone_pyaudio.PyAudioMicrophone(settings.device)
    return microphone_rigged.RiggedMicrophone(microphone, faults) if faults else microphone
