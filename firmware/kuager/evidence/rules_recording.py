"""Judges one recording: bytes, records and digests in, a verdict out; opens no file.

The order: companions (manifest, unit.pem, ...) at the start, then `begin`, `feed`... and `end` for each journal in
the order of their numbers, `compare` for each check that `feed` returned, then `finish` with the files as they are on
the carrier.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from cryptography import x509

from kuager.evidence import certificates, manifest, rules_manifest, rules_trust
from kuager.evidence.cbor import MalformedError
from kuager.evidence.certificates import CertificateError
from kuager.evidence.journal import Record
from kuager.evidence.keys import PublicKey
from kuager.evidence.manifest import Manifest
from kuager.evidence.records import Continues, Device, Previous
from kuager.evidence.rules_chain import Chain
from kuager.evidence.rules_files import Check, Found
from kuager.evidence.rules_manifest import MANIFEST, SUMS, UNIT
from kuager.evidence.rules_story import Story
from kuager.evidence.rules_trust import Signer
from kuager.evidence.rules_walk import Damage
from kuager.evidence.verdict import Findings, Values, Verdict, decide, iso

_HEADS = 64


class Identity(NamedTuple):
    """What a set wants to know of a recording; all of it is proven by the recording's own signatures, or empty."""

    id: bytes
    unit: str
    number: int
    name: str
    head: bytes
    heads: frozenset[bytes]
    """Digests of the last proven records that are signed, of which an earlier witness may name any."""
    ended: bool
    last_utc_us: int
    previous: Previous | None
    continues: Continues | None
    carrier: Device | None
    whole: bool
    """Its journals could be read to their ends."""
    certificate: bytes
    """The unit's, DER."""
    trusted: bool
    """Its certificates lead to a trusted authority, and are this unit's."""


class RecordingJudge:
    """The rules for one recording, in the order in which its bytes come."""

    def __init__(self, folder: str, anchors: list[x509.Certificate] | None, data: dict[str, bytes]) -> None:
        """`folder` is the name of the recording's folder, `data` the companions that are there, whole."""
        self.findings = Findings()
        self.story = Story(self.findings)
        self.manifest: Manifest | None = None
        self._folder, self._anchors, self._data = folder, anchors, data
        self.claimed = _claimed(data.get(MANIFEST))
        """What the manifest says, its signature not checked."""
        self._pem = rules_manifest.unit_chain(data.get(UNIT))
        self.chain = Chain(self.findings, self._claimed_id(), _key(self._pem))
        self._signers: list[Signer] = []
        self._heads: deque[bytes] = deque(maxlen=_HEADS)
        self._journal = ""
        self._whole = True

    @property
    def wanted(self) -> list[str]:
        """Files whose size and digest `finish` wants to have: those that the manifest claims to list."""
        return [file.name for file in self.claimed.files] if self.claimed else []

    def begin(self, journal: str) -> None:
        """The next journal file."""
        self._journal = journal
        self.chain.begin(journal)
        self.story.begin(journal)

    def feed(self, item: Record | Damage) -> list[Check]:
        """One piece of a journal; returns the digests that are wanted for what it proves."""
        return self._tell(self.chain.feed(item))

    def end(self, length: int) -> list[Check]:
        """The journal file had so many bytes."""
        checks = self._tell(self.chain.finish())
        proven = self.chain.proven[self._journal]
        if proven < length and not (proven == 0 and self._journal == "journal-01.cborseq"):
            self.findings.add("K309", "tail", self._journal, (proven, length), count=length - proven)
        return checks

    def compare(self, check: Check, digest: bytes | None) -> None:
        """The digest that was wanted; None where those bytes are not there."""
        self.story.files.compare(check, digest)

    def unreadable(self, file: str, detail: str) -> None:
        """A file, or a part of it, could not be read: an error of the carrier (`EIO`), which proves nothing."""
        self.findings.add("K106", "unreadable", file, error=detail)
        self._whole = self._whole and file not in self.chain.proven

    def finish(self, found: dict[str, Found], present: Iterable[str]) -> Verdict:
        """All files of `wanted`, of the story and the journals as they are; `present`: every name in the folder."""
        story, findings = self.story, self.findings
        if "K104" in findings:  # nothing else can be said of a format that is not known
            return decide([found for found in findings if found.code == "K104"], self.good)
        story.finish()
        story.files.finish(found)
        if self._whole:
            self._ending(found)
        self._manifest(found)
        if story.opened:
            rules_trust.check(findings, self._signers, self._anchors, story.opened.unit)
            if story.opened.name != self._folder:
                findings.add("K105", "folder", folder=self._folder, name=story.opened.name)
        elif "K101" not in findings:
            findings.add("K102", "first")
        listed = {*rules_manifest.COMPANIONS, *story.files.all, *self.chain.proven, *self.wanted}
        for name in sorted(set(present) - listed)[:100]:
            findings.add("K609", "foreign", name)
        return decide(findings, self.good)

    def identity(self) -> Identity | None:
        """For the set; None where `opened` is not proven."""
        opened, last = self.story.opened, self.story.last_at
        if opened is None:
            return None
        return Identity(
            opened.id,
            opened.unit,
            opened.number,
            opened.name,
            self.chain.head,
            frozenset(self._heads),
            bool(self.story.closed or self.story.died),
            last.utc_us if last else 0,
            opened.previous,
            opened.continues,
            opened.carrier,
            self._whole,
            opened.certificates[0],
            not any(code in self.findings for code in ("K201", "K202", "K203", "K205")),
        )

    def _tell(self, proven: list[Record]) -> list[Check]:
        checks = []
        for record in proven:
            checks += self.story.record(record)
            if record.signature is not None:
                self._heads.append(record.digest)
            if record.type in ("opened", "died"):
                self._signed(record)
        return checks

    def _signed(self, record: Record) -> None:
        match record.body:
            case {"certificates": [*chain]} if all(isinstance(der, bytes) for der in chain):
                self._signers.append(Signer(record.type, tuple(chain), record.stamp))

    def _ending(self, found: dict[str, Found]) -> None:
        story = self.story
        if story.died:
            for torn in story.died.journals:
                here, proven = found.get(torn.file, Found(problem="missing")), self.chain.proven.get(torn.file, 0)
                if (here.size, proven) != (torn.length, torn.proven):
                    span = (min(proven, torn.proven), max(here.size, torn.length))
                    self.findings.add(
                        "K504", "lengths", torn.file, span,
                        length=torn.length, proven=torn.proven, here=here.size, counts=proven,
                    )  # fmt: skip
        elif not story.closed:
            if story.last_at:
                self.findings.add("K503", "unended-since", until=iso(story.last_at.utc_us))
            else:
                self.findings.add("K503", "unended")

    def _manifest(self, found: dict[str, Found]) -> None:
        story, findings, claimed = self.story, self.findings, self._claimed_id()
        recording_id = story.opened.id if story.opened else claimed
        chains = [list(signer.certificates) for signer in self._signers]
        rules_manifest.companions(findings, self._data, recording_id or claimed, chains)
        if MANIFEST not in self._data:
            return
        public = [key for chain in [*chains, *([] if chains else [self._pem])] if (key := _key(chain))]
        self.manifest = rules_manifest.signed(findings, self._data[MANIFEST], recording_id, public)
        if self.manifest:
            rules_manifest.against_files(findings, self.manifest, story, found)
            if self._whole:  # what could not be read can't contradict
                rules_manifest.against_journal(findings, self.manifest, story, self.chain)
                rules_manifest.against_proven(findings, self.manifest, story, self.chain)
            rules_manifest.sums(findings, self.manifest, self._data.get(SUMS))

    def _claimed_id(self) -> bytes:
        return self.claimed.id if self.claimed else b""

    @property
    def good(self) -> Values:
        """What to say where nothing speaks against the recording: from when to when it is, and why it ended."""
        opened, last, ending = self.story.opened_at, self.story.ended_at, self.story.closed or self.story.died
        if not (opened and last and ending):
            return ()
        return ("begin", iso(opened.utc_us)), ("end", iso(last.utc_us)), ("cause", ending.cause)


def _claimed(data: bytes | None) -> Manifest | None:
    try:
        return manifest.read(data) if data else None
    except MalformedError:
        return None


def _key(chain: list[bytes]) -> PublicKey | None:
    try:
        return certificates.unit_key(certificates.load_der(chain[:1])[0]) if chain else None
    except CertificateError:
        return None
