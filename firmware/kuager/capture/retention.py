"""How long the ring must hold what: the pre-roll, and what no vault has acknowledged. Pure."""

from dataclasses import dataclass

from kuager.capture.outbox import Reached
from kuager.capture.packets import Gap, PicturePacket
from kuager.capture.ring import Ring

MAX_BYTES = 48 * 1024 * 1024
MAX_UNACKNOWLEDGED_US = 20_000_000
"""Over the pre-roll; of more, the oldest is let go, and declared missing if it is needed after all."""


def unacknowledged_us(ring: Ring, reached: Reached) -> int | None:
    """The first moment held that is not acknowledged; None where all is."""
    picture = next((packet.boot_us for packet in ring.pictures if packet.frame >= reached.frame), None)
    sound = next((packet.boot_us for packet in ring.sound if packet.first >= reached.sample), None)
    return min((moment for moment in (picture, sound) if moment is not None), default=None)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a take begins in the ring: its keyframe (None: sound only), its first sound, what is missing before."""

    key: PicturePacket | None
    sound_us: int
    missing: Gap | None = None


def pre_roll_start(ring: Ring, number: int, earliest_us: int, since_us: int, pre_roll_us: int) -> PicturePacket | None:
    """The keyframe that a recording begins with: the latest that gives the whole pre-roll, else the earliest there is.

    Only pictures from `earliest_us` on with this number burned in come into question; without pre-roll none from before
    the press.
    """
    if not pre_roll_us:
        earliest_us = max(earliest_us, since_us)
    found = None
    for packet in ring.pictures:
        if not packet.key or packet.number != number or packet.boot_us < earliest_us:
            continue
        if found is None or packet.boot_us <= since_us - pre_roll_us:
            found = packet
    return found


def resume_start(ring: Ring, reached: Reached) -> Start | None:
    """Begin with all that no vault acknowledged: at the keyframe at or before it. None where there is nothing."""
    moment = unacknowledged_us(ring, reached)
    if moment is None:
        return None
    key = ring.last_key(moment)
    if key is None or ring.pictures[-1].frame < reached.frame:
        first = next((packet for packet in ring.sound if packet.first >= reached.sample), None)
        return Start(None, first.boot_us) if first else None
    missing = None
    if key.frame > reached.frame > 0:
        lost = key.frame - reached.frame
        missing = Gap("video", "limit", reached.us, key.boot_us, frames=lost, detail="no vault took it in time")
    return Start(key, key.boot_us, missing)
