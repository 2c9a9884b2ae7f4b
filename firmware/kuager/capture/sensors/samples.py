"""What a sound card delivers, made into 16 bits at 48 kHz. Pure.

Samples are taken from PortAudio as 32 bits, into which it widens narrower ones by shifting alone; asked for 16, it
would add dither to wider ones. The upper 16 bits are kept: bit for bit the samples of a 16-bit card, those of a wider
one (an I2S microphone) cut off. Only a card that offers no 48 kHz is resampled.
"""

import av
import numpy as np

from kuager.capture.sensors import SAMPLE_RATE, Samples


def first_channel(data: bytes, channels: int) -> Samples:
    """The upper 16 bits of the first channel's samples; `data`: interleaved, 32 bits, native byte order."""
    samples: Samples = (np.frombuffer(data, np.int32)[::channels] >> 16).astype(np.int16)
    return samples


class Resampler:
    """From another rate to SAMPLE_RATE, through libswresample; what it holds back is under a millisecond."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)

    def feed(self, samples: Samples) -> Samples:
        """What became complete with these samples."""
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", "mono")
        frame.sample_rate = self._rate
        made = [each.to_ndarray().reshape(-1) for each in self._resampler.resample(frame)]
        return np.concatenate(made).astype(np.int16) if made else np.zeros(0, np.int16)
