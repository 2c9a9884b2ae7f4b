"""The unit's own journal as a witness: which recordings it opened, where, and with which record each ended (K705).

Every record of it is signed by the unit on its own, so each that can be read and checked counts, whatever stands
around it.
"""

from collections.abc import Iterable

import msgspec
from cryptography import x509

from kuager.evidence import certificates
from kuager.evidence.cbor import MalformedError
from kuager.evidence.certificates import CertificateError, When
from kuager.evidence.journal import Record
from kuager.evidence.keys import BadSignature, KeyUseError, PublicKey
from kuager.evidence.records import Device, RecordingId
from kuager.evidence.rules_walk import Damage
from kuager.evidence.unit import UNIT_BODIES, RecordingEnded, RecordingOpened, UnitBegun
from kuager.evidence.verdict import Findings

MAX_RECORDINGS = 100_000
_MAX_HEADS = 16

_TELLING = frozenset({"recording-opened", "recording-ended"})


class Testimony(msgspec.Struct):
    """What the unit's own journal says of one recording; times UTC us, 0 where it says nothing."""

    id: RecordingId
    unit: str
    certificate: bytes
    """The unit's, DER."""
    trusted: bool
    """It leads to a trusted authority."""
    number: int
    name: str
    carrier: Device | None = None
    opened_us: int = 0
    heads: set[bytes] = msgspec.field(default_factory=set)
    """Last records that it names: more than one where a recording was abandoned first and found dead later."""
    ended_us: int = 0


class Witness:
    """Takes the files of one unit's journal.

    It is believed where its certificates lead to one of `anchors`, or where its key signed a recording of the same set
    (`known`: those units' certificates, DER).
    """

    def __init__(self, findings: Findings, anchors: list[x509.Certificate] | None, known: Iterable[bytes]) -> None:
        self._findings, self._anchors, self._known = findings, anchors, frozenset(known)
        self.recordings: dict[tuple[bytes, bytes], Testimony] = {}
        """By id, and by the certificate of who says it."""
        self._file, self._id, self._unit = "", b"", ""
        self._certificate, self._trusted = b"", False
        self._key: PublicKey | None = None

    def file(self, name: str, items: Iterable[Record | Damage]) -> None:
        """One file of the journal, as `walk` gives it."""
        self._file, self._key = name, None
        for place, item in enumerate(items):
            if isinstance(item, Damage):
                self._findings.add("K705", "damaged", name, (item.begin, item.end), None, item.why)
            elif not place:
                self._begin(item)
            elif item.type in _TELLING and self._key:
                self._tell(item)

    def _begin(self, record: Record) -> None:
        body = _typed(record)
        if not isinstance(body, UnitBegun):
            self._findings.add("K705", "begins", self._file)
            return
        try:
            chain = certificates.load_der(body.certificates)
            key = certificates.unit_key(chain[0])
            trusted = self._leads_to_authority(chain, needed=body.certificates[0] not in self._known)
            record.verify(body.id, key, "unit")
            if certificates.unit_name(chain[0]) != body.unit:
                raise CertificateError("broken", f"the certificate is not that of {body.unit}")
        except (CertificateError, MalformedError, BadSignature, KeyUseError) as error:
            self._findings.add("K705", "unbelieved", self._file, None, None, str(error))
            return
        self._key, self._id, self._unit = key, body.id, body.unit
        self._certificate, self._trusted = body.certificates[0], trusted

    def _leads_to_authority(self, chain: list[x509.Certificate], *, needed: bool) -> bool:
        """Raises CertificateError where it is `needed` and does not."""
        try:
            certificates.check_chain(chain, self._anchors or [], When())
        except CertificateError:
            if needed:
                raise
            return False
        return True

    def _tell(self, record: Record) -> None:
        body = _typed(record)
        try:
            assert self._key
            record.verify(self._id, self._key, "unit")
        except (MalformedError, BadSignature, KeyUseError):
            span = (record.offset, record.offset + record.length)
            self._findings.add("K705", "unsigned", self._file, span, number=record.seq)
            return
        if not isinstance(body, RecordingOpened | RecordingEnded):
            return
        place = (body.id, self._certificate)
        if place in self.recordings or len(self.recordings) < MAX_RECORDINGS:
            told = self.recordings.setdefault(
                place, Testimony(body.id, self._unit, self._certificate, self._trusted, body.number, body.name)
            )
            if isinstance(body, RecordingOpened):
                told.carrier, told.opened_us = body.carrier, record.stamp.utc_us
            else:
                told.ended_us = record.stamp.utc_us
                if len(told.heads) < _MAX_HEADS:
                    told.heads.add(body.head)


def _typed(record: Record) -> object:
    try:
        return record.typed(UNIT_BODIES)
    except MalformedError:
        return None
