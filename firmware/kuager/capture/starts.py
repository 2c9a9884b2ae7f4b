"""Where in the ring a take begins. Pure."""

from dataclasses import dataclass

from kuager.capture.outbox import Reached
from kuager.capture.packets import Gap, PicturePacket
from kuager.capture.ring import Ring
from kuager.evidence.records import Cause


@dataclass(slots=True)
class Plan:
    """A take that is to begin as soon as it can, and not before a moment (boot us)."""

    cause: Cause
    since_us: int  # the press, or when it became possible
    pre_roll_us: int = 0
    pre_roll_sound: bool = False
    resume: bool = False  # begin with what no vault acknowledged
    sound_from: int | None = None  # sound alone, from this sample on
    not_before_us: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """The take's keyframe (None: sound only), the time of its first sound, what is missing before."""

    key: PicturePacket | None
    sound_us: int
    missing: Gap | None = None


def unacknowledged_us(ring: Ring, reached: Reached) -> int | None:
    """The first moment held that is not acknowledged; None where all is."""
    picture = next((packet.boot_us for packet in ring.pictures if packet.frame >= reached.frame), None)
    sound = next((packet.boot_us for packet in ring.sound if packet.first >= reached.sample), None)
    return min((moment for moment in (picture, sound) if moment is not None), default=None)


def with_pictures(ring: Ring, plan: Plan, number: int, earliest_us: int) -> Start | None:
    """Begin with the latest keyframe that gives the whole pre-roll, else with the earliest there is.

    Only pictures from `earliest_us` on with this number burned in come into question; without pre-roll none from before
    the press.
    """
    if not plan.pre_roll_us:
        earliest_us = max(earliest_us, plan.since_us)
    found = None
    for packet in ring.pictures:
        if not packet.key or packet.number != number or packet.boot_us < earliest_us:
            continue
        if found is None or packet.boot_us <= plan.since_us - plan.pre_roll_us:
            found = packet
    return Start(found, found.boot_us) if found else None


def with_sound(ring: Ring, plan: Plan, earliest_us: int) -> Start | None:
    """Begin with the first sound that belongs to it: of the pre-roll where that has sound, else from the press on."""
    earliest_us = max(earliest_us, plan.since_us - (plan.pre_roll_us if plan.pre_roll_sound else 0))
    for packet in ring.sound:
        if packet.end_us > earliest_us if plan.sound_from is None else packet.first >= plan.sound_from:
            return Start(None, packet.boot_us)
    return None


def resuming(ring: Ring, reached: Reached, begun: Reached) -> Start | None:
    """Begin with all that no vault acknowledged: at the keyframe at or before it. None where there is nothing.

    Nothing from before the newest take, which `begun` there: sound may reach back over its first keyframe.
    """
    moment = unacknowledged_us(ring, reached)
    if moment is None:
        return None
    key = ring.last_key(moment, begun.frame)
    if key is None or ring.pictures[-1].frame < reached.frame:
        sound = next((packet for packet in ring.sound if packet.first >= reached.sample), None)
        if sound is None:
            return None
        missing = None
        if sound.first > reached.sample:
            missing = Gap("sound", "limit", reached.us, sound.boot_us, detail="no vault took it in time")
        return Start(None, sound.boot_us, missing)
    missing = None
    if key.frame > reached.frame:
        lost = key.frame - reached.frame
        missing = Gap("video", "limit", reached.us, key.boot_us, frames=lost, detail="no vault took it in time")
    return Start(key, key.boot_us, missing)
