"""Follows the marks of a recording's pictures: which are missing, come twice, or belong elsewhere (rules K801 to
K806).

No decoding here: marks in, findings out. The journal's chunks tell at what time a picture with a certain counter was
taken, its gaps what is missing by declaration.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

from kuager.evidence.records import Chunk, Gap, Opened
from kuager.evidence.verdict import Findings, Value
from kuager.media.mark import FrameMark, unit_bits

TOLERANCE_US = 200_000
_COUNTERS = 1 << 24
_NUMBERS = 1 << 20


@dataclass
class Footage:
    """One video file by its journal, chunks in order."""

    name: str
    interval: int
    length: int = 0
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def frames(self) -> int:
        """Pictures that the journal says are inside."""
        return sum(chunk.frames for chunk in self.chunks)


class Pictures:
    """Takes every picture of a recording's files in order, with its mark from the cells and from the SEI."""

    def __init__(self, opened: Opened, gaps: list[Gap], *, held_over: bool = False) -> None:
        """`held_over`: the recording was begun by a fault of an earlier one, not by a press.

        It then begins with what capture still held, marked with the number which that one had.
        """
        self.findings = Findings()
        self._unit = unit_bits(opened.unit)
        self._number = opened.number % _NUMBERS
        self._earlier = opened.previous.number % _NUMBERS if held_over and opened.previous else None
        self._gaps = [gap for gap in gaps if gap.stream == "video"]
        self._footage: Footage | None = None
        self._held: list[Chunk] = []
        self._starts: list[int] = []
        self._last: FrameMark | None = None
        self._seen = self._unread_cells = self._unread_sei = 0
        self._strange: set[tuple[Value, ...]] = set()

    def begin(self, footage: Footage) -> None:
        """The next file; counters go on from the one before where it is of the same interval."""
        if self._footage is None or self._footage.interval != footage.interval:
            self._last = None
        self._footage = footage
        self._held = [chunk for chunk in footage.chunks if chunk.frames]
        self._starts = [chunk.first_frame for chunk in self._held]
        self._seen = self._unread_cells = self._unread_sei = 0
        self._strange = set()

    def picture(self, cells: FrameMark | None, sei: FrameMark | None) -> None:
        """The file's next picture."""
        self._seen += 1
        self._unread_cells += cells is None
        self._unread_sei += sei is None
        mark = sei or cells
        if mark is None:
            return
        if cells and sei and cells != sei:
            self._wrong("differ", mark)
        if mark.unit != self._unit:
            self._wrong("unit", mark)
        elif mark.number == self._number:
            self._earlier = None  # what was held over stands at the beginning only
        elif mark.number != self._earlier:
            self._wrong("number", mark, number=mark.number)
        self._follow(mark)
        self._timely(mark)
        self._last = mark

    def end(self, trouble: str = "") -> None:
        """The file is over; `trouble` says why not all of it could be decoded."""
        assert self._footage
        name, due = self._footage.name, self._footage.frames
        if trouble or self._seen != due:
            self.findings.add("K805", "decoded", name, None, None, trouble, count=self._seen, due=due)
        for count, says in ((self._unread_cells, "cells"), (self._unread_sei, "sei")):
            if count:
                self.findings.add("K804", says, name, count=count, total=self._seen)

    def _follow(self, mark: FrameMark) -> None:
        last = self._last
        if last is None:
            return
        time = (last.utc_ms * 1000, mark.utc_ms * 1000)
        ahead = (mark.frame - last.frame) % _COUNTERS
        if ahead == 0:
            self._add("K802", "twice", time, frame=mark.frame)
        elif ahead >= _COUNTERS // 2:
            self._add("K803", "spliced", time, frame=mark.frame, last=last.frame)
        elif ahead > 1 and not self._declared(last, mark):
            self._add("K801", "missing", time, count=ahead - 1, last=last.frame)

    def _declared(self, last: FrameMark, mark: FrameMark) -> bool:
        begin, end = self._boot(last), self._boot(mark)
        if begin is None or end is None:
            return False
        return any(
            gap.from_us <= end + TOLERANCE_US and gap.to_us >= begin - TOLERANCE_US and gap.frames > 0
            for gap in self._gaps
        )

    def _timely(self, mark: FrameMark) -> None:
        chunk = self._chunk(mark)
        if chunk is None:
            return
        begin = chunk.first_utc_us
        end = begin + chunk.last_us - chunk.first_us
        if not begin - TOLERANCE_US <= mark.utc_ms * 1000 <= end + TOLERANCE_US:
            self._add("K806", "time", (begin, end), frame=mark.frame)

    def _chunk(self, mark: FrameMark) -> Chunk | None:
        if not self._starts:
            return None
        # The counter in the picture has wrapped around where the journal's may not have.
        counter = self._starts[0] + (mark.frame - self._starts[0]) % _COUNTERS
        place = bisect_right(self._starts, counter) - 1
        return self._held[place] if place >= 0 else None

    def _boot(self, mark: FrameMark) -> int | None:
        chunk = self._chunk(mark)
        return chunk.first_us + mark.utc_ms * 1000 - chunk.first_utc_us if chunk else None

    def _wrong(self, says: str, mark: FrameMark, /, **values: Value) -> None:
        """Told once a file and kind of wrong, with the first picture that shows it."""
        if (says, *values.values()) not in self._strange:
            self._strange.add((says, *values.values()))
            self._add("K803", says, (mark.utc_ms * 1000, mark.utc_ms * 1000), frame=mark.frame, **values)

    def _add(self, code: str, says: str, time: tuple[int, int], /, **values: Value) -> None:
        assert self._footage
        self.findings.add(code, says, self._footage.name, None, time, **values)
