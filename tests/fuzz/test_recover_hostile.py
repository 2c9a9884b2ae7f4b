"""`kuager recover` on what somebody signed with keys of their own: told, never a traceback."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kuager.cli import main
from kuager.evidence import cbor
from kuager_workshop.fuzz import folders, story
from kuager_workshop.fuzz.worker import CORPUS

TOLD = list(story.entries((CORPUS / "story" / "seed-sealed").read_bytes()))


@pytest.fixture
def carrier(tmp_path: Path) -> Path:
    """A recording that was not closed, whose last signed checkpoint says text where a moment belongs."""
    (tmp_path / folders.NAME).mkdir()
    entries = [entry for entry in TOLD if entry[0] not in ("closed", "manifest")]
    said = [
        [type_, stamp, body | {"durable_us": "x"} if type_ == "checkpoint" else body] for type_, stamp, body in entries
    ]
    for name, data in story.told(b"".join(map(cbor.encode, said))).items():
        (tmp_path / folders.NAME / name).write_bytes(data)
    return tmp_path


def test_a_checkpoint_that_says_no_moment_is_told_with_the_recording(carrier: Path) -> None:
    for path in (carrier, carrier / folders.NAME):
        result = CliRunner().invoke(main, ["recover", str(path)])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert result.exit_code in (2, 3), result.output
        assert folders.NAME in result.output
