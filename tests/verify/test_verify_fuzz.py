"""Random damage: whatever is done to a sealed recording's listed bytes, it is never called authentic."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verify_build import Unit, dead, sealed

from kuager.evidence.verdict import Outcome, Verdict

Check = Callable[[Path], Verdict]

_GOOD = (Outcome.AUTHENTIC, Outcome.ENDS_EARLY)


@pytest.fixture(scope="module", params=["sealed", "dead"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, unit: Unit) -> Path:
    make = sealed if request.param == "sealed" else dead
    return make(tmp_path_factory.mktemp(request.param), unit).seal()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_leaves_it_authentic(original: Path, tmp_path: Path, check: Check, data: st.DataObject) -> None:
    names = sorted(path.name for path in original.iterdir())
    path = Path(shutil.copytree(original, tmp_path / "case" / original.name))
    try:
        file = path / data.draw(st.sampled_from(names), "file")
        content = file.read_bytes()
        at = data.draw(st.integers(0, len(content) - 1), "at")
        to = data.draw(st.integers(at + 1, min(len(content), at + 300)), "to")
        match data.draw(st.sampled_from(["flip", "cut", "drop", "zero", "double", "swap"]), "how"):
            case "flip":
                bit = data.draw(st.integers(0, 7))
                changed = content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
            case "cut":
                changed = content[:at]
            case "drop":
                changed = content[:at] + content[to:]
            case "zero":
                changed = content[:at] + bytes(to - at) + content[to:]
            case "double":
                changed = content[:to] + content[at:to] + content[to:]
            case _:
                other = path / data.draw(st.sampled_from(names), "other")
                changed = other.read_bytes()
                other.write_bytes(content)
        file.write_bytes(changed)
        unchanged = all((path / name).read_bytes() == (original / name).read_bytes() for name in names)
        assert (check(path).outcome in _GOOD) == unchanged
    finally:
        shutil.rmtree(tmp_path / "case")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nor_without_the_manifest_unless_only_the_unproven_tail_is_hit(
    original: Path, tmp_path: Path, check: Check, data: st.DataObject
) -> None:
    path = Path(shutil.copytree(original, tmp_path / "case" / original.name))
    try:
        for name in ("manifest.cbor", "manifest.tbs", "manifest.sig", "SHA256SUMS", "unit.pem"):
            (path / name).unlink()
        names = sorted(each.name for each in path.iterdir())
        file = path / data.draw(st.sampled_from(names), "file")
        content = bytearray(file.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1), "at")] ^= 1 << data.draw(st.integers(0, 7))
        file.write_bytes(content)
        assert check(path).outcome not in _GOOD
    finally:
        shutil.rmtree(tmp_path / "case")
