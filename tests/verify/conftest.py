import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from verify_build import Maker, Unit, dead, sealed

from kuager.catalogue import LANGUAGES
from kuager.catalogue.reading import Reader
from kuager.evidence import certificates
from kuager.evidence.verdict import Findings, Verdict
from kuager.verify.recording import judge

READERS = [Reader(language) for language in LANGUAGES]


@pytest.fixture(autouse=True)
def every_finding_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test finds has its sentence, with exactly its values, in each language."""
    add = Findings.add

    def told(self: Findings, code: str, says: str, *where: Any, **values: Any) -> None:
        add(self, code, says, *where, **values)
        for words in READERS:
            assert words.slots(f"{code}.{says}") == values.keys(), f"{code}.{says}"

    monkeypatch.setattr(Findings, "add", told)


@pytest.fixture(scope="session")
def unit() -> Unit:
    return Unit()


@pytest.fixture(scope="session")
def check(unit: Unit) -> Callable[[Path], Verdict]:
    """Judge a recording's folder, its unit's authority trusted."""
    anchors = certificates.load_pem(unit.anchor)
    return lambda path: judge(path, anchors).verdict


@pytest.fixture(scope="session")
def _originals(tmp_path_factory: pytest.TempPathFactory, unit: Unit) -> dict[str, Maker]:
    buried = dead(tmp_path_factory.mktemp("dead"), unit, torn=b"a torn record")
    buried.seal()
    return {"sealed": sealed(tmp_path_factory.mktemp("sealed"), unit), "dead": buried}


def _copy(maker: Maker, to: Path) -> Path:
    return Path(shutil.copytree(maker.path, to / maker.name))


@pytest.fixture
def recording(_originals: dict[str, Maker], tmp_path: Path) -> Path:
    """A fresh copy of a sealed recording."""
    return _copy(_originals["sealed"], tmp_path)


@pytest.fixture
def dead_recording(_originals: dict[str, Maker], tmp_path: Path) -> Path:
    """A fresh copy of a sealed recording that died, with a torn tail."""
    return _copy(_originals["dead"], tmp_path)
