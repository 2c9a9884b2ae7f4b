"""FORMAT.md's chapter for people with standard tools: its commands run exactly as printed, each finds its fault."""

import os
import re
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from evidence_samples import NOT_BEFORE, RECORDING, Sealed, chain_for, manifest_for, seal

from kuager.evidence import certificates, cose, manifest
from kuager.evidence.keys import EDDSA, ES256, SoftwareKey

CHAPTER = "With openssl and sha256sum alone"
KIND = {EDDSA: "ED25519", ES256: "id-ecPublicKey"}
TEXT = resources.files("kuager.evidence").joinpath("FORMAT.md").read_text()


def commands() -> dict[str, str]:
    """The printed commands by step, and by kind of key where it matters: `6 ED25519`."""
    chapter = TEXT.split(f"\n## {CHAPTER}\n")[1].split("\n## ")[0]
    found: dict[str, str] = {}
    for before, command in re.findall(r"(.*?)```bash\n(.*?)```\n", chapter, re.DOTALL):
        if step := re.search(r"\*\*Step (\d)\.", before):
            name = step[1]
        paragraph = before.strip().rsplit("\n\n", 1)[-1]
        kind = next((f" {kind}" for kind in KIND.values() if f"`{kind}`" in paragraph), "")
        key = name + (" kind" if "What kind of key" in paragraph else kind or (" overlook" if name in found else ""))
        assert key not in found, key
        found[key] = command
    return found


COMMANDS = commands()
STEPS = ["1", "2", "3", "4", "5 key", "6 key", "7 overlook", "8"]


def run(sealed: Sealed, step: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", COMMANDS[step.replace("key", KIND[sealed.key.alg])]],
        cwd=sealed.path,
        env={**os.environ, "CA": str(sealed.authority), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def failing(sealed: Sealed) -> list[str]:
    return [step for step in STEPS if run(sealed, step).returncode]


def test_all_printed_commands_are_known_here() -> None:
    assert set(COMMANDS) == {
        *("1", "2", "3", "4", "5 kind", "5 ED25519", "5 id-ecPublicKey"),
        *("6 ED25519", "6 id-ecPublicKey", "7", "7 overlook", "8"),
    }


@pytest.fixture(params=[EDDSA, ES256], ids=["Ed25519", "P-256"])
def sealed(request: pytest.FixtureRequest, tmp_path: Path) -> Sealed:
    return seal(tmp_path, request.param)


def test_a_sound_recording_passes_every_step(sealed: Sealed) -> None:
    for step in STEPS:
        done = run(sealed, step)
        assert done.returncode == 0, (step, done.stderr)
        assert "ok" in done.stdout.lower() or "verified successfully" in done.stdout.lower(), (step, done.stdout)
    assert KIND[sealed.key.alg] in run(sealed, "5 kind").stdout


def test_a_development_certificate_is_refused_unless_overlooked(sealed: Sealed) -> None:
    done = run(sealed, "7")
    assert done.returncode != 0
    assert "unhandled critical extension" in done.stderr


def change(name: str, edit: Callable[[bytes], bytes]) -> Callable[[Sealed], None]:
    def apply(sealed: Sealed) -> None:
        path = sealed.path / name
        path.write_bytes(edit(path.read_bytes()))

    return apply


def flip(place: int) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[place] ^= 1
        return bytes(changed)

    return edit


def with_matching_sums(sealed: Sealed) -> None:
    """Changes a picture and makes SHA256SUMS fit."""
    path = sealed.path / "video-01.mp4"
    path.write_bytes(b"INIT" + path.read_bytes()[4:])
    subprocess.run("sha256sum video* photo* journal* unit.pem > SHA256SUMS", shell=True, cwd=sealed.path, check=True)


def forged(sealed: Sealed) -> manifest.Signed:
    """What a forger without the unit's key can make of changed files: all fits but the signature."""
    with_matching_sums(sealed)
    names = ("video-01.mp4", "photo-0001.jpg", "journal-01.cborseq", "unit.pem")
    files = {name: (sealed.path / name).read_bytes() for name in names}
    return manifest.sign(manifest_for(files, sealed.records), SoftwareKey.generate(sealed.key.alg))


def forge_tbs(sealed: Sealed) -> None:
    signed = forged(sealed)
    (sealed.path / "SHA256SUMS").write_text(sums_of(sealed))
    (sealed.path / "manifest.tbs").write_bytes(signed.tbs)


def forge_all(sealed: Sealed) -> None:
    signed = forged(sealed)
    (sealed.path / "SHA256SUMS").write_text(sums_of(sealed))
    for name, data in zip(("manifest.cbor", "manifest.tbs", "manifest.sig"), signed, strict=True):
        (sealed.path / name).write_bytes(data)


def forge_payload(sealed: Sealed) -> None:
    """As forge_all, but with the old signature under it."""
    old = (sealed.path / "manifest.cbor").read_bytes()[-64:], (sealed.path / "manifest.sig").read_bytes()
    forge_all(sealed)
    path = sealed.path / "manifest.cbor"
    path.write_bytes(path.read_bytes()[:-64] + old[0])
    (sealed.path / "manifest.sig").write_bytes(old[1])


def forge_with_own_certificate(sealed: Sealed) -> None:
    """As forge_all, with a certificate that the forger's own authority gave for the unit's name."""
    key = SoftwareKey.generate(sealed.key.alg)
    (sealed.path / "unit.pem").write_bytes(certificates.to_pem(chain_for(key)[1]))
    names = ("video-01.mp4", "photo-0001.jpg", "journal-01.cborseq", "unit.pem")
    whole = manifest_for({name: (sealed.path / name).read_bytes() for name in names}, sealed.records)
    (sealed.path / "SHA256SUMS").write_text(manifest.sums_text(whole.files))
    for name, data in zip(("manifest.cbor", "manifest.tbs", "manifest.sig"), manifest.sign(whole, key), strict=True):
        (sealed.path / name).write_bytes(data)


def sums_of(sealed: Sealed) -> str:
    names = ("video-01.mp4", "photo-0001.jpg", "journal-01.cborseq", "unit.pem")
    files = {name: (sealed.path / name).read_bytes() for name in names}
    return manifest.sums_text(manifest_for(files, sealed.records).files)


def of_another_kind(sealed: Sealed) -> None:
    """The unit's own signature over the manifest's bytes, but made for another role."""
    payload = manifest.encode(sealed.manifest)
    tbs = cose.tbs("closed", RECORDING, payload, sealed.key.alg)
    (sealed.path / "manifest.tbs").write_bytes(tbs)


def of_another_recording(sealed: Sealed) -> None:
    """Signed by the unit for another recording's id."""
    payload = manifest.encode(sealed.manifest)
    (sealed.path / "manifest.tbs").write_bytes(cose.tbs("manifest", bytes(16), payload, sealed.key.alg))


def renamed(sealed: Sealed) -> None:
    path = sealed.path.with_name(sealed.path.name.replace("KZ0417", "KZ0418"))
    sealed.path.rename(path)
    sealed.path = path


def long_ago(sealed: Sealed) -> None:
    """Renamed so that the recording seems made before its certificate was valid."""
    path = sealed.path.with_name(f"KZ0417-000042-{NOT_BEFORE.year - 1}1231T235959Z")
    sealed.path.rename(path)
    sealed.path = path


@pytest.mark.parametrize(
    ("tamper", "fails"),
    [
        (change("video-01.mp4", flip(3)), ["1"]),
        (change("video-01.mp4", lambda data: data + b"\0"), ["1"]),
        (change("video-01.mp4", lambda data: data[:-1]), ["1"]),
        (lambda sealed: (sealed.path / "photo-0001.jpg").unlink(), ["1"]),
        (change("journal-01.cborseq", flip(-1)), ["1"]),
        (change("SHA256SUMS", lambda data: data.replace(b"  v", b" v")), ["1", "2"]),
        (with_matching_sums, ["2"]),
        (forge_tbs, ["4", "6 key"]),
        (forge_all, ["6 key"]),
        (forge_payload, ["6 key"]),
        (forge_with_own_certificate, ["7 overlook"]),
        (of_another_kind, ["3", "4", "6 key"]),
        (of_another_recording, ["3", "6 key"]),
        (change("manifest.tbs", flip(5)), ["3", "6 key"]),
        (change("manifest.tbs", flip(-1)), ["4", "6 key"]),
        (change("manifest.cbor", flip(100)), ["4"]),
        (change("manifest.cbor", flip(-1)), ["5 key"]),
        (change("manifest.sig", flip(-1)), ["5 key", "6 key"]),
        (renamed, ["8"]),
        (long_ago, ["7 overlook"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_fault_is_found_by_its_step(sealed: Sealed, tamper: Callable[[Sealed], None], fails: list[str]) -> None:
    tamper(sealed)
    found = failing(sealed)
    assert set(fails) <= set(found)
    assert set(found) <= {*fails, "4"}  # a changed manifest.tbs or manifest.cbor differs from the other one besides
