"""Record bodies made of messages: the vault adds what only it knows, interval, file, offset and digest. Pure."""

import hashlib

from kuager import wire
from kuager.evidence.records import Chunk, Gap, IntervalBegun, Photo


def interval_begun(begin: wire.TakeBegin, interval: int) -> IntervalBegun:
    """A take becomes an interval."""
    return IntervalBegun(
        interval=interval,
        cause=begin.cause,
        streams=begin.streams,
        first_us=begin.first_us,
        first_utc_us=begin.first_utc_us,
        width=begin.width,
        height=begin.height,
        rate_millihertz=begin.rate_millihertz,
        sample_rate=begin.sample_rate,
        camera=begin.camera,
        microphone=begin.microphone,
    )


def chunk(fragment: wire.Fragment, interval: int, file: str, offset: int) -> Chunk:
    """A piece of a media file, at the offset at which it is about to be written."""
    return Chunk(
        file=file,
        interval=interval,
        kind=fragment.kind,
        offset=offset,
        length=len(fragment.data),
        sha256=hashlib.sha256(fragment.data).digest(),
        first_us=fragment.first_us,
        last_us=fragment.last_us,
        first_utc_us=fragment.first_utc_us,
        key=fragment.key,
        standby=fragment.standby,
        frames=fragment.frames,
        first_frame=fragment.first_frame,
        samples=fragment.samples,
        first_sample=fragment.first_sample,
    )


def gap(found: wire.GapFound, interval: int) -> Gap:
    """Something is missing, declared."""
    return Gap(
        interval=interval,
        stream=found.stream,
        cause=found.cause,
        from_us=found.from_us,
        to_us=found.to_us,
        frames=found.frames,
        first_sample=found.first_sample,
        samples=found.samples,
        detail=found.detail,
    )


def photo(still: wire.Still, interval: int | None, file: str) -> Photo:
    """A photograph that was written whole."""
    return Photo(
        file=file,
        interval=interval,
        length=len(still.data),
        sha256=hashlib.sha256(still.data).digest(),
        at_us=still.at_us,
        at_utc_us=still.at_utc_us,
    )
