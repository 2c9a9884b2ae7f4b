"""What of a recording's files is proven, and where they differ (K401 to K405, K407, K408).

A `Check` asks whoever has the files for one digest; its answer comes back later, in any order. Bytes and times of what
differs are joined, so that a file replaced as a whole is one finding and memory stays bounded.
"""

import re
from dataclasses import dataclass, field

import msgspec

from kuager.evidence.records import Chunk, Photo, TornFile
from kuager.evidence.verdict import Findings, Value

MAX_FILES = 16384
_MAX_RANGES = 100

_MEDIA = re.compile(r"(video|sound)-[0-9]{2,4}\.mp4")
_PHOTO = re.compile(r"photo-[0-9]{4,6}\.jpg")


class Check(msgspec.Struct, frozen=True):
    """Bytes offset..offset+length of a file must have this digest, else `code` is found.

    `time` is what the bytes show, UTC us.
    """

    code: str
    file: str
    offset: int
    length: int
    sha256: bytes
    time: tuple[int, int]


class Found(msgspec.Struct, frozen=True):
    """A file as it is on the carrier: its size in bytes, and its digest if asked for; or why it can't be read.

    problem: `` (none), `missing`, `irregular`, or `unreadable` (the carrier, or permission). detail: of what is
    irregular `folder`, `link`, `pipe`, `socket`, `device` or `other`; of what is unreadable the error's name (`EIO`).
    """

    size: int = 0
    sha256: bytes = b""
    problem: str = ""
    detail: str = ""


@dataclass
class _Range:
    begin: int
    end: int
    time: tuple[int, int]


@dataclass
class FileAccount:
    """One media file or photograph by the proven records; times are UTC us."""

    name: str
    photo: bool
    interval: int | None
    length: int = 0
    begun_us: int = 0
    ended_us: int = 0
    chunks: int = 0
    changed: dict[str, list[_Range]] = field(default_factory=dict)
    latest_us: int = -1  # CLOCK_BOOTTIME of the last fragment's begin
    holes: bool = False


class Files:
    """All files that proven records speak of, in the order in which they do."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.all: dict[str, FileAccount] = {}

    def chunk(self, chunk: Chunk) -> Check | None:
        """A proven chunk record; what is to be digested for it."""
        time = (chunk.first_utc_us, chunk.first_utc_us + max(0, chunk.last_us - chunk.first_us))
        account = self._account(chunk.file, _MEDIA, interval=chunk.interval, begun_us=time[0])
        if account is None:
            return None
        end = chunk.offset + chunk.length
        if chunk.offset != account.length:
            self._hole(account, chunk.offset, time)
        elif (chunk.kind == "init") != (chunk.offset == 0):
            self._add("K402", "header", chunk.file, (chunk.offset, end), time)
        if chunk.kind == "fragment":
            if chunk.last_us < chunk.first_us or chunk.first_us < account.latest_us:
                self._add("K408", "backwards", chunk.file, (chunk.offset, end), time)
            account.latest_us = chunk.first_us
        account.length = max(account.length, end)
        account.ended_us = max(account.ended_us, time[1])
        account.chunks += 1
        return Check("K401", chunk.file, chunk.offset, chunk.length, chunk.sha256, time)

    def photo(self, photo: Photo) -> Check | None:
        """A proven photo record; what is to be digested for it."""
        time = (photo.at_utc_us, photo.at_utc_us)
        if photo.file in self.all:
            self._add("K402", "photographs", photo.file, None, time)
            return None
        account = self._account(photo.file, _PHOTO, interval=photo.interval, begun_us=time[0])
        if account is None:
            return None
        account.photo, account.length, account.ended_us = True, photo.length, time[1]
        return Check("K407", photo.file, 0, photo.length, photo.sha256, time)

    @staticmethod
    def torn(torn: TornFile, died_us: int) -> Check | None:
        """A journal as `died` found it; the digest of its torn tail, if it has one."""
        length = torn.length - torn.proven
        if length <= 0:
            return None
        return Check("K504", torn.file, torn.proven, length, torn.tail_sha256, (died_us, died_us))

    def compare(self, check: Check, digest: bytes | None) -> None:
        """The digest that was asked for; None where the file is not there, or ends before the bytes do."""
        if digest == check.sha256:
            return
        account = self.all.get(check.file)
        if account is None:
            self._add(check.code, "changed", check.file, (check.offset, check.offset + check.length), None)
            return
        ranges = account.changed.setdefault("K403" if digest is None and check.code == "K401" else check.code, [])
        end = check.offset + check.length
        if ranges and ranges[-1].end == check.offset:
            ranges[-1].end, ranges[-1].time = end, (ranges[-1].time[0], check.time[1])
        elif len(ranges) < _MAX_RANGES:
            ranges.append(_Range(check.offset, end, check.time))

    def finish(self, found: dict[str, Found]) -> None:
        """All digests are in; `found` has each file of `all` as it is on the carrier."""
        for account in self.all.values():
            here = found.get(account.name, Found(problem="missing"))
            whole = (account.begun_us, account.ended_us)
            if here.problem == "unreadable":
                self._add("K106", "unreadable", account.name, None, None, error=here.detail)
            elif here.problem:
                what = {"what": here.detail} if here.problem == "irregular" else {}
                self._add("K404", here.problem, account.name, (0, account.length), whole, **what)
                continue
            self._tell(account, here)

    def _tell(self, account: FileAccount, here: Found) -> None:
        for code, ranges in account.changed.items():
            for changed in ranges:
                begin = max(changed.begin, here.size) if code == "K403" else changed.begin
                self._add(code, "changed", account.name, (begin, changed.end), changed.time)
        if here.problem:
            return
        if account.photo and here.size != account.length and "K407" not in account.changed:
            self._add("K407", "size", account.name, None, None, here=here.size, due=account.length)
        elif not account.photo and here.size > account.length:
            count = here.size - account.length
            self._add("K405", "tail", account.name, (account.length, here.size), None, count=count)

    def _account(self, name: str, form: re.Pattern[str], interval: int | None, begun_us: int) -> FileAccount | None:
        account = self.all.get(name)
        if account is None:
            if not form.fullmatch(name):
                self._add("K306", "name", name, None, None)
                return None
            if len(self.all) >= MAX_FILES:
                self._add("K312", "files", "", None, None, count=MAX_FILES)
                return None
            account = self.all[name] = FileAccount(name, photo=False, interval=interval, begun_us=begun_us)
        return account

    def _hole(self, account: FileAccount, offset: int, time: tuple[int, int]) -> None:
        if offset > account.length:
            self._add("K402", "hole", account.name, (account.length, offset), (account.ended_us, time[0]))
        else:
            self._add("K402", "overlap", account.name, (offset, account.length), time)

    def _add(
        self,
        code: str,
        says: str,
        file: str,
        span: tuple[int, int] | None,
        time: tuple[int, int] | None,
        /,
        **values: Value,
    ) -> None:
        self._findings.add(code, says, file, span, time, **values)
