"""The microphone of a simulated unit: a real voice in blocks, spoilt if it is to be."""

import random
from dataclasses import dataclass, field

import numpy as np

from kuager.capture.sensors import SAMPLE_RATE, Faults, Sound
from kuager_workshop.torture.simulated import reel

_BLOCK_US = 20_000
_BLOCK = SAMPLE_RATE * _BLOCK_US // 1_000_000


@dataclass
class Ear:
    """`hear` gives what has come. `skew_ppm`: by how much the sound card's clock is too quick."""

    faults: Faults
    now_us: int
    skew_ppm: int = 0
    overflowing: bool = False
    """Now and then the driver loses blocks."""
    seed: int = 0
    _blocks: int = 0
    _chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._chance.seed(self.seed)

    def hear(self, now_us: int) -> list[Sound]:
        """All blocks up to this moment."""
        found = []
        block_us = _BLOCK_US * 1_000_000 // (1_000_000 + self.skew_ppm)
        voice = reel.voice()
        while self.now_us + block_us <= now_us:
            at_us, self.now_us = self.now_us, self.now_us + block_us
            self._blocks += 1
            if self.faults.microphone_gone or (self.overflowing and self._chance.random() < 0.1):
                continue
            begin = self._blocks * _BLOCK % (voice.size - _BLOCK)
            muted = self.faults.microphone_muted
            found.append(Sound(np.zeros(_BLOCK, np.int16) if muted else voice[begin : begin + _BLOCK], at_us))
        return found
