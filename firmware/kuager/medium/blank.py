"""Whether a medium is empty: as far as it was read, there are zeros and nothing else.

Both ends are read whole, where file systems and partition tables keep their signatures, and samples all over between
them: whoever has lost a partition table has not lost what the partitions hold.
"""

from collections.abc import Callable, Iterator

END = 16 << 20
"""Bytes read at each end; a partition table, its copy, and every superblock's first copy lie within."""

SAMPLES, SAMPLE = 1024, 64 << 10

SMALLEST = 64 << 20
"""A smaller medium is none that anybody records on."""

Read = Callable[[int, int], bytes]
"""Gives so many bytes from this offset (both in bytes), fewer at the end; raises OSError."""

_PIECE = 1 << 20


def is_blank(read: Read, size: int) -> bool:
    """Whether all that is looked at is zero. Raises OSError, and EOFError where the medium is shorter than it said."""
    if size < SMALLEST:
        return False
    return all(_zero(read, offset, length) for offset, length in places(size))


def places(size: int) -> Iterator[tuple[int, int]]:
    """Offset and length of each place that is looked at, the likeliest first."""
    for start in (0, size - END):
        for offset in range(start, start + END, _PIECE):
            yield offset, _PIECE
    between = size - 2 * END - SAMPLE
    for number in range(SAMPLES):
        yield END + between * number // (SAMPLES - 1) // 4096 * 4096, SAMPLE


def _zero(read: Read, offset: int, length: int) -> bool:
    data = read(offset, length)
    if len(data) < length:
        raise EOFError(f"the medium ends at {offset + len(data)}")
    return data.count(0) == length
