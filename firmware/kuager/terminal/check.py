"""The verdict on a recording that was just sealed, in one or two lines."""

from pathlib import Path

from kuager.catalogue.reading import Reader
from kuager.evidence import certificates
from kuager.verify import report, sets
from kuager.verify.find import find


def verdict(recording: Path, authority: Path, language: str) -> list[str]:
    """What `kuager verify --trust AUTHORITY --lang LANGUAGE RECORDING` says.

    Raises KuagerError or OSError where it can't be read.
    """
    anchors = certificates.load_pem(authority.read_bytes()) if authority.exists() else None
    result = sets.judge(find([recording]), anchors, lambda _: None, lambda _: [])
    return [line for line, _ in report.lines(result, Reader(language))]
