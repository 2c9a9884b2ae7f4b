from pathlib import Path

import pytest
from verify_build import Unit, dead, sealed

from kuager.evidence import certificates
from kuager.evidence.verdict import Outcome
from kuager.verify.recording import judge


@pytest.fixture(scope="module")
def unit() -> Unit:
    return Unit()


def anchors(unit: Unit):  # type: ignore[no-untyped-def]
    return certificates.load_pem(unit.anchor)


def test_a_sealed_recording_is_authentic(tmp_path: Path, unit: Unit) -> None:
    maker = sealed(tmp_path, unit)
    verdict = judge(maker.path, anchors(unit)).verdict
    print(verdict, *verdict.findings, sep="\n")
    assert verdict.outcome is Outcome.AUTHENTIC
    assert verdict.codes == {"K206"}


def test_dead(tmp_path: Path, unit: Unit) -> None:
    maker = dead(tmp_path, unit)
    verdict = judge(maker.path, anchors(unit)).verdict
    print(verdict, *verdict.findings, sep="\n")
    assert verdict.outcome is Outcome.ENDS_EARLY
    maker.seal()
    verdict = judge(maker.path, anchors(unit)).verdict
    print(verdict, *verdict.findings, sep="\n")
    assert verdict.outcome is Outcome.ENDS_EARLY
