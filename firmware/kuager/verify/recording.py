"""Judges one recording's folder: brings the rules what they ask for, with bounded memory."""

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from kuager.evidence.rules_files import Check, Found
from kuager.evidence.rules_manifest import COMPANIONS
from kuager.evidence.rules_recording import RecordingJudge
from kuager.evidence.rules_walk import walk
from kuager.evidence.verdict import Findings, Verdict, decide
from kuager.verify.digests import THREADS, Answer, Chunks, WholeFiles
from kuager.verify.folder import Folder, NotReadableError, Stream

FIRST_JOURNAL = "journal-01.cborseq"
_TURN_S = 0.00005
_JOURNAL = re.compile(r"journal-([0-9]{2,4})\.cborseq")


@dataclass
class Judged:
    """A recording's folder, what the rules made of it, and its files as they are."""

    path: Path
    verdict: Verdict
    judge: RecordingJudge
    found: dict[str, Found]


def judge(
    path: Path, anchors: list[x509.Certificate] | None, progress: Callable[[int], None] = lambda _: None
) -> Judged:
    """Judge the recording in this folder; raises OSError if it is none. `progress` hears of media bytes digested."""
    with Folder(path) as folder:
        present = folder.names()
        data, troubles = _companions(folder)
        judge = RecordingJudge(path.resolve().name, anchors, data)
        for name, why in troubles.items():
            judge.unreadable(name, why.detail)
        with (
            _quick_turns(),
            ThreadPoolExecutor(THREADS, "digests") as pool,
            closing(WholeFiles(folder, judge.wanted, pool)) as whole,
            closing(Chunks(folder, progress, pool)) as chunks,
        ):
            found = _journals(folder, present, judge, chunks)
            _answer(judge, chunks, chunks.rest())
            for name in {*judge.wanted, *judge.story.files.all} - set(found):
                found[name] = chunks.lost(name) or whole.found(name) or _size(folder, name)
        return Judged(path, judge.finish(found, present), judge, found)


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let digesting threads that come for their next piece have the interpreter at once: the rules would keep it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def read(path: Path) -> Judged:
    """The recording's proven records without its media: nothing is digested, so the verdict is left open.

    Raises OSError if there is no such folder.
    """
    with Folder(path) as folder:
        present = folder.names()
        data, _ = _companions(folder)
        judge = RecordingJudge(path.resolve().name, None, data)
        found = _journals(folder, present, judge, None)
    return Judged(path, decide(judge.findings), judge, found)


def _companions(folder: Folder) -> tuple[dict[str, bytes], dict[str, Found]]:
    """The companions that are there, and those that are there but can't be read."""
    data, troubles = {}, {}
    for name, limit in COMPANIONS.items():
        try:
            data[name] = folder.whole(name, limit)
        except NotReadableError as error:
            if error.found.problem == "unreadable":
                troubles[name] = error.found
            elif error.found.problem == "irregular":
                data[name] = b""  # what stands in its place is no such file: empty, so that it agrees with nothing
    return data, troubles


def _journals(folder: Folder, present: list[str], judge: RecordingJudge, chunks: Chunks | None) -> dict[str, Found]:
    parts = sorted((int(match[1]), name) for name in present if (match := _JOURNAL.fullmatch(name)))
    found = {}
    for due, (part, name) in enumerate(parts, start=1):
        if part != due:
            judge.findings.add("K308", "missing", name, number=due)
        found[name] = _journal(folder, name, judge, chunks)
        if found[name].problem == "unreadable":
            break  # what follows continues records that are not known
    if FIRST_JOURNAL not in found or found[FIRST_JOURNAL].problem or not found[FIRST_JOURNAL].size:
        _no_journal(judge.findings, found.get(FIRST_JOURNAL, Found(problem="missing")))
    return found


def _no_journal(findings: Findings, here: Found) -> None:
    match here.problem:
        case "irregular":
            findings.add("K101", "irregular", FIRST_JOURNAL, what=here.detail)
        case "unreadable":
            findings.add("K101", "unreadable", FIRST_JOURNAL, error=here.detail)
        case _:
            findings.add("K101", here.problem or "empty", FIRST_JOURNAL)


def _journal(folder: Folder, name: str, judge: RecordingJudge, chunks: Chunks | None) -> Found:
    judge.begin(name)
    try:
        with folder.reading(name) as (stream, _):
            source = _Digesting(stream)
            for item in walk(source):
                _ask(judge, chunks, judge.feed(item))
            _ask(judge, chunks, judge.end(source.length))
    except NotReadableError as error:
        if error.found.problem == "unreadable":
            judge.unreadable(name, error.found.detail)
        return error.found
    return Found(source.length, source.digest.digest())


def _ask(judge: RecordingJudge, chunks: Chunks | None, checks: list[Check]) -> None:
    if chunks and checks:
        _answer(judge, chunks, chunks.ask(checks))


def _answer(judge: RecordingJudge, chunks: Chunks, answers: Iterable[Answer]) -> None:
    for check, digest in answers:
        lost = chunks.lost(check.file) if digest is None else None
        if lost and lost.problem == "unreadable":
            judge.unreadable(check.file, lost.detail)
        else:
            judge.compare(check, digest)


def _size(folder: Folder, name: str) -> Found:
    try:
        with folder.reading(name) as (_, size):
            return Found(size)
    except NotReadableError as error:
        return error.found


class _Digesting:
    """Passes a stream on and digests what passes."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.digest, self.length = hashlib.sha256(), 0

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        data = self._stream.read(size)
        self.digest.update(data)
        self.length += len(data)
        return data
