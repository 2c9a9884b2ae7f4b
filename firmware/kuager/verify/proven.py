"""The proven records of a recording that was judged, read once more for those who need more than a verdict does."""

from collections.abc import Iterator

from kuager.evidence.cbor import MalformedError
from kuager.evidence.journal import Record
from kuager.evidence.records import Body
from kuager.evidence.rules_walk import walk
from kuager.verify.folder import Folder, NotReadableError
from kuager.verify.recording import Judged


def records(judged: Judged) -> Iterator[tuple[Record, Body]]:
    """Each proven record of a known type with its body, in order; ends early where a journal can't be read any more."""
    try:
        with Folder(judged.path) as folder:
            for name, proven in judged.judge.chain.proven.items():
                with folder.reading(name) as (stream, _):
                    for item in walk(stream):
                        if not isinstance(item, Record) or item.end > proven:
                            continue
                        body = _typed(item)
                        if body is not None:
                            yield item, body
    except (OSError, NotReadableError):
        return


def _typed(record: Record) -> Body | None:
    try:
        return record.typed()
    except MalformedError:
        return None  # told by the verdict
