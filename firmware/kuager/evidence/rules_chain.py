"""Which records of a journal are proven: links, numbers, signatures (K207, K301 to K304, K307, K312).

A record is proven once a good signature stands on it or on one that links back to it. Records are held until then and
given out in order, so whatever is built on them never rests on a torn tail. As each signature covers, through the
links, all that stands before it, only the newest of up to 128 checkpoints is checked; where it is bad, the ones before
it are.

A break in the links is tampering once signed records of two batches, or one of the unit's, stand behind it: a power
cut damages the end of a file, within the batch that was being written, never what was acknowledged. Any other break
is a torn tail, whatever stands behind it (the carrier may show there what it held before); so is a bad signature on the
very last record.
"""

from typing import NamedTuple

from kuager.evidence import certificates, keys
from kuager.evidence.cbor import MalformedError
from kuager.evidence.certificates import CertificateError
from kuager.evidence.journal import NO_PREVIOUS, Record
from kuager.evidence.keys import BadSignature, KeyUseError, PublicKey
from kuager.evidence.records import SIGNED_BY_RECORDING_KEY, SIGNED_BY_UNIT
from kuager.evidence.rules_walk import Damage
from kuager.evidence.verdict import Findings, Value

MAX_PENDING = 8192
MAX_PENDING_BYTES = 36 * 1024 * 1024
_SETTLE_BYTES = 1024 * 1024
_CHECKPOINTS = 128
_SIGNED = SIGNED_BY_UNIT | SIGNED_BY_RECORDING_KEY


class _Break(NamedTuple):
    code: str
    journal: str
    begin: int  # what is proven ends here: whatever follows up to `end` may be what was changed
    end: int
    says: str
    values: dict[str, Value]
    detail: str = ""


class Chain:
    """Takes a recording's journals, record by record, and gives out what is proven.

    `recording_id` and `unit_key` are what manifest and unit.pem claim; they count only where `opened` can't be read.
    """

    def __init__(self, findings: Findings, recording_id: bytes = b"", unit_key: PublicKey | None = None) -> None:
        self._findings = findings
        self._id, self._unit_key = recording_id, unit_key
        self._recording_key: PublicKey | None = None
        self.head, self.records = NO_PREVIOUS, 0
        """Digest and number + 1 of the last proven record."""
        self.proven: dict[str, int] = {}
        """Journal file -> bytes up to the end of its last proven record."""
        self.closed = False
        self._until_us = 0  # UTC of the last proven record
        self._journal = ""
        self._forget()

    def _forget(self) -> None:
        self._link, self._due = self.head, self.records
        self._pending: list[Record] = []
        self._held = 0
        self._candidates: list[int] = []  # places in _pending
        self._broken: _Break | None = None  # the first one, up to the end of the last
        self._suspect: Record | None = None
        self._overflow = False

    def begin(self, journal: str) -> None:
        """The next journal file, in order; it continues the proven records of those before."""
        self._forget()
        self._journal = journal
        self.proven[journal] = 0

    def feed(self, item: Record | Damage) -> list[Record]:
        """One piece of the walk; returns the records that this proves, in order."""
        if isinstance(item, Damage):
            proven = self._settle()
            self._break(item.end, "damaged", {}, detail=item.why)
            return proven
        proven = []
        if item.prev != self._link or item.seq != self._due:
            proven = self._settle()
            self._break_before(item)
        elif self._suspect:
            self._bad_signature("K207" if self._suspect.type == "opened" else "K303", self._suspect)
        self._suspect = None
        self._link, self._due = item.digest, item.seq + 1
        self._hold(item)
        return proven + self._sign(item)

    def finish(self) -> list[Record]:
        """The journal file is over; returns what its last checkpoints prove. All else in it is a torn tail."""
        return self._settle()

    def _hold(self, record: Record) -> None:
        self._held += record.length
        if len(self._pending) >= MAX_PENDING or self._held > MAX_PENDING_BYTES:
            self._pending, self._candidates, self._held, self._overflow = [], [], record.length, True
        self._pending.append(record)

    def _sign(self, record: Record) -> list[Record]:
        if record.type == "opened" and record.seq == 0 and not self.records:
            self._introduce(record)
        if record.type not in _SIGNED or record.signature is None:
            return []
        self._candidates.append(len(self._pending) - 1)
        if record.type in SIGNED_BY_UNIT or len(self._candidates) >= _CHECKPOINTS or self._held > _SETTLE_BYTES:
            return self._settle()
        return []

    def _introduce(self, opened: Record) -> None:
        """Take over what `opened` claims; whether it is true shows when signatures are checked."""
        match opened.body:
            case {"id": bytes() as recording_id, "recording_key": bytes() as raw}:
                self._id = recording_id
                try:
                    self._recording_key = keys.from_raw(raw)
                except KeyUseError:
                    self._recording_key = None
        self._unit_key = _certified(opened) or self._unit_key

    def _settle(self) -> list[Record]:
        """Check the newest signatures first; the first good one proves all that is held up to it."""
        while self._candidates:
            place = self._candidates.pop()
            record = self._pending[place]
            if self._good(record):
                if self._may_be_torn(place):
                    self._candidates = [place]
                    return []
                proven, self._pending = self._pending[: place + 1], self._pending[place + 1 :]
                self._candidates = []
                self._held = sum(held.length for held in self._pending)
                self._prove(proven)
                return proven
            if self._broken or (record.type in SIGNED_BY_RECORDING_KEY and not self.records):
                continue  # behind a break it may be another recording's; without `opened` its key is not known
            if place + 1 < len(self._pending):
                self._bad_signature("K303", record)
            else:
                self._suspect = record
        return []

    def _bad_signature(self, code: str, record: Record) -> None:
        span, when = (record.offset, record.end), (record.stamp.utc_us, record.stamp.utc_us)
        self._findings.add(code, "signature", self._journal, span, when, number=record.seq, type=record.type)

    def _may_be_torn(self, place: int) -> bool:
        """Whether a power cut can have left this: a hole in the last batch, whose checkpoint was written all the same.

        Each batch is synced before the next is written, and all of them before `closed`; so what stands behind a hole
        with another checkpoint between them shows that the hole was made later.
        """
        batches = {"checkpoint", "closed", "died"}
        return (
            self._broken is not None
            and self._pending[place].type == "checkpoint"
            and not any(held.type in batches for held in self._pending[:place])
        )

    def _good(self, record: Record) -> bool:
        if record.type in SIGNED_BY_RECORDING_KEY:
            key = self._recording_key
        else:
            key = _certified(record) if record.type == "died" else self._unit_key
        if key is None or not self._id:
            return False
        try:
            record.verify(self._id, key)
        except (MalformedError, BadSignature, KeyUseError):
            return False
        return True

    def _prove(self, proven: list[Record]) -> None:
        last = proven[-1]
        if broken := self._broken:
            span, when = (broken.begin, broken.end), (self._until_us, proven[0].stamp.utc_us)
            self._findings.add(broken.code, broken.says, broken.journal, span, when, broken.detail, **broken.values)
        if self._overflow:
            self._findings.add("K312", "unsigned", self._journal)
        if self.closed:
            self._findings.add("K307", "after-closed", self._journal, number=last.seq, type=last.type)
        self._broken, self._overflow, self._until_us = None, False, last.stamp.utc_us
        self.closed = self.closed or last.type == "closed"
        self.head, self.records = last.digest, last.seq + 1
        self.proven[self._journal] = last.offset + last.length
        for record in proven:
            if (record.type in _SIGNED) != (record.signature is not None):
                self._findings.add("K304", "signed", self._journal, number=record.seq, type=record.type)

    def _break_before(self, record: Record) -> None:
        begin = self.proven[self._journal]
        # Where nothing is left between the two, all that can be shown is the record that does not follow.
        end = record.offset if record.offset > begin else record.end
        if record.prev == self._link:
            self._break(end, "number", {"number": record.seq, "due": self._due}, "K302")
        elif not self._pending and not begin and self.records:
            self._break(end, "journal", {"number": self.records - 1})
        else:
            self._break(end, "link", {"number": record.seq})

    def _break(self, end: int, says: str, values: dict[str, Value], code: str = "K301", detail: str = "") -> None:
        self._pending, self._candidates, self._held, self._suspect = [], [], 0, None
        if self._broken:
            self._broken = self._broken._replace(end=end)
        else:
            self._broken = _Break(code, self._journal, self.proven[self._journal], end, says, values, detail)


def _certified(record: Record) -> PublicKey | None:
    """The key of the unit's certificate that the record carries, trusted or not."""
    match record.body:
        case {"certificates": [bytes() as leaf, *_]}:
            try:
                return certificates.unit_key(certificates.load_der([leaf])[0])
            except CertificateError:
                return None
    return None
