"""What the proven records of one recording add up to, and whether they contradict themselves.

Rules K103, K104, K305 to K308, K310 to K312, K406, K501, K502 and K505. Records come in order and all are proven;
files are asked for through the checks that are returned.
"""

from dataclasses import dataclass, field

import msgspec

from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import Record
from kuager.evidence.records import (
    VERSION,
    Chapter,
    Chunk,
    Closed,
    Count,
    Died,
    Event,
    Gap,
    IntervalBegun,
    IntervalEnded,
    Opened,
    Photo,
    Procedure,
    Stamp,
)
from kuager.evidence.rules_files import Check, Files
from kuager.evidence.verdict import Findings, Value, iso

MAX_INTERVALS = 1024
MAX_CHAPTERS = 1024
_STEP_US = 2_000_000


@dataclass
class IntervalAccount:
    """An interval by the journal; `ended` is None while it is open."""

    begun: IntervalBegun
    stamp: Stamp
    ended: IntervalEnded | None = None
    files: list[str] = field(default_factory=list)


class Story:
    """Takes proven records; holds what the manifest, the set and people want to know of them."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.files = Files(findings)
        self.opened: Opened | None = None
        self.opened_at: Stamp | None = None
        self.procedure: Procedure | None = None
        """As `opened` has it, or as the last good `procedure` event stated it again."""
        self.intervals: list[IntervalAccount] = []
        self.chapters: list[Chapter] = []
        self.closed: Closed | None = None
        self.died: Died | None = None
        self.ended_at: Stamp | None = None
        self.last_at: Stamp | None = None
        """Stamp of the last proven record before the ending."""
        self._unknown: set[str] = set()
        self._journal = ""
        self._clock: Stamp | None = None
        self._fresh = False

    def begin(self, journal: str) -> None:
        """The next journal file; another boot may have made it, so clocks are compared afresh."""
        self._fresh = bool(self._journal)
        self._journal, self._clock = journal, None

    def record(self, record: Record) -> list[Check]:
        """One proven record; what of the files is to be digested for it."""
        self._clocks(record)
        if self._fresh and record.type != "died":
            self._note("K308", "begins", record, type=record.type)
        self._fresh = False
        if record.type == "opened" and record.body.get("version") != VERSION:
            self._note("K104", "version", record, version=str(record.body.get("version"))[:20], known=VERSION)
            return []
        try:
            body = record.typed()
        except MalformedError as error:
            self._note("K306", "form", record, str(error), number=record.seq, type=record.type)
            return []
        if record.type not in ("closed", "died"):
            self.last_at = record.stamp
        if record.type == "checkpoint":  # half of all records
            return []
        match body:  # the most frequent first
            case Chunk():
                return self._chunk(body, record)
            case Opened():
                self._opened(body, record)
            case IntervalBegun():
                self._begun(body, record)
            case IntervalEnded():
                self._ended(body, record)
            case Photo():
                return [check] if (check := self.files.photo(body)) else []
            case Gap() if not self._known(body.interval):
                self._note("K406", "gap", record, interval=body.interval)
            case Chapter() if len(self.chapters) < MAX_CHAPTERS:
                self.chapters.append(body)
            case Chapter():
                self._note("K312", "chapters", None, count=MAX_CHAPTERS)
            case Closed():
                self._closed(body, record)
            case Died():
                return self._died(body, record)
            case Event(code="procedure"):
                self._restated(body)
            case None:
                self._unknown.add(record.type)
            case _:
                pass
        return []

    def finish(self) -> None:
        """No more records come."""
        for unknown in sorted(self._unknown)[:20]:
            self._findings.add("K310", "type", type=unknown)

    def _opened(self, body: Opened, record: Record) -> None:
        if record.seq or self.opened:
            self._note("K307", "opened", record)
            return
        self.opened, self.opened_at, self.procedure = body, record.stamp, body.procedure
        if not body.name.startswith(f"{body.unit}-{body.number:06d}-"):
            self._note("K103", "name", record, name=body.name, unit=body.unit, number=body.number)

    def _restated(self, body: Event) -> None:
        try:
            self.procedure = msgspec.convert(body.data, Procedure)
        except msgspec.ValidationError:
            return

    def _begun(self, body: IntervalBegun, record: Record) -> None:
        last = self.intervals[-1] if self.intervals else None
        if last and (last.ended is None or body.interval <= last.begun.interval):
            self._note("K406", "begins", record, interval=body.interval)
        if len(self.intervals) >= MAX_INTERVALS:
            self._note("K312", "intervals", None, count=MAX_INTERVALS)
            return
        self.intervals.append(IntervalAccount(body, record.stamp))

    def _ended(self, body: IntervalEnded, record: Record) -> None:
        last = self.intervals[-1] if self.intervals else None
        if last is None or last.ended or last.begun.interval != body.interval:
            self._note("K406", "ends", record, interval=body.interval)
        else:
            last.ended = body

    def _chunk(self, body: Chunk, record: Record) -> list[Check]:
        last = self.intervals[-1] if self.intervals else None
        if last is None or last.ended or last.begun.interval != body.interval:
            self._note("K406", "chunk", record, name=body.file, interval=body.interval)
        elif body.file not in last.files[-1:]:
            if body.file in last.files or len(last.files) >= MAX_INTERVALS:
                self._note("K406", "file", record, name=body.file)
            else:
                last.files.append(body.file)
        check = self.files.chunk(body)
        return [check] if check else []

    def _closed(self, body: Closed, record: Record) -> None:
        self.closed, self.ended_at = body, record.stamp
        if self.intervals and self.intervals[-1].ended is None:
            self._note("K505", "open", record, interval=self.intervals[-1].begun.interval)
        if body.missing:
            lacking, end = tuple(body.missing), iso(record.stamp.utc_us)
            self._findings.add("K501", "missing", end=end, cause=body.cause, missing=lacking)

    def _died(self, body: Died, record: Record) -> list[Check]:
        if self.closed:
            self._note("K307", "died", record)
        if self.opened and body.id != self.opened.id:
            self._note("K306", "died", record)
        self.died, self.ended_at = body, body.last
        self._findings.add("K502", "died", cause=body.cause, until=iso(body.last.utc_us))
        checks = [self.files.torn(torn, body.last.utc_us) for torn in body.journals]
        return [check for check in checks if check]

    def _known(self, interval: Count) -> bool:
        return any(account.begun.interval == interval for account in reversed(self.intervals))

    def _clocks(self, record: Record) -> None:
        now, before = record.stamp, self._clock
        self._clock = now
        if before is None:
            return
        if now.boot_us < before.boot_us:
            self._note("K305", "backwards", record)
        step = (now.utc_us - before.utc_us) - (now.boot_us - before.boot_us)
        if abs(step) > _STEP_US and record.type != "clock-step":
            self._note("K311", "step", record, seconds=f"{step / 1e6:+.1f}")

    def _note(self, code: str, says: str, record: Record | None, detail: str = "", /, **values: Value) -> None:
        if record is None:
            self._findings.add(code, says, **values)
            return
        time = (record.stamp.utc_us, record.stamp.utc_us)
        self._findings.add(code, says, self._journal, (record.offset, record.end), time, detail, **values)
