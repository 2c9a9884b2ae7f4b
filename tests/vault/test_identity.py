"""The unit's key and certificates: when they are good from, how they lie on the disk, what is no identity."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from kuager.errors import UsageError
from kuager.evidence import certificates
from kuager.vault import identity
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import FaultyFiles

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MARK = b"-----BEGIN CERTIFICATE-----"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[FaultyFiles]:
    made = FaultyFiles(DiskFiles(tmp_path, sealer=None))
    yield made
    made.end()


def authority(root: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((root / "authority/ca.pem").read_bytes())


def own(made: identity.Identity) -> x509.Certificate:
    (der,) = made.chain
    return x509.load_der_x509_certificate(der)


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (NOW, NOW - 30 * DAY),
        (EARLIEST + 31 * DAY, EARLIEST + DAY),
        (EARLIEST + 29 * DAY, EARLIEST),
        (datetime(1970, 1, 1, tzinfo=UTC), EARLIEST),
    ],
)
def test_both_certificates_are_good_from_a_while_ago(
    state: FaultyFiles, tmp_path: Path, now: datetime, since: datetime
):
    made = identity.load_or_make(state, "KZ0417", now)
    assert authority(tmp_path).not_valid_before_utc == since
    assert own(made).not_valid_before_utc == since


@pytest.mark.parametrize(("days", "since"), [(-10, -30), (0, -30), (10, -20)])
def test_no_certificate_is_good_before_the_authority_that_signed_it(
    state: FaultyFiles, tmp_path: Path, days: int, since: int
):
    identity.load_or_make(state, "KZ0417", NOW)
    later = identity.load_or_make(state, "KZ0418", NOW + days * DAY)
    assert own(later).not_valid_before_utc == NOW + since * DAY
    assert authority(tmp_path).not_valid_before_utc == NOW - 30 * DAY


def test_a_certificate_says_whose_it_is_and_who_signed_it(state: FaultyFiles, tmp_path: Path):
    made = identity.load_or_make(state, "KZ0417", NOW)
    names = [
        name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        for name in (own(made).subject, own(made).issuer, authority(tmp_path).subject)
    ]
    assert names == ["KZ0417", "Kuager development authority", "Kuager development authority"]
    assert (made.unit, certificates.unit_key(own(made))) == ("KZ0417", made.signer.public)


def test_keys_lie_where_nobody_else_looks_and_each_before_its_certificate(state: FaultyFiles, tmp_path: Path):
    identity.load_or_make(state, "KZ0417", NOW)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("authority", "keys")] == [0o700, 0o700]
    public = (tmp_path / "authority/ca.pem").read_bytes()
    for name in ("authority/ca-key.pem", "keys/KZ0417.pem"):
        key, mark, certificate = (tmp_path / name).read_bytes().partition(MARK)
        assert key.startswith(b"-----BEGIN PRIVATE KEY-----")
        assert (mark + certificate == public) == name.startswith("authority")
    assert sorted(path.name for path in tmp_path.rglob("*.pem")) == ["KZ0417.pem", "ca-key.pem", "ca.pem"]


def test_new_directories_are_durable_before_what_is_put_into_them(state: FaultyFiles, monkeypatch: pytest.MonkeyPatch):
    done: list[str] = []
    put, mkdir = state.put, state.mkdir
    monkeypatch.setattr(state, "sync_directory", lambda path="": done.append(f"sync {path}"))
    monkeypatch.setattr(state, "put", lambda path, *rest: (done.append(path), put(path, *rest))[1])
    monkeypatch.setattr(state, "mkdir", lambda path, mode: (done.append(path), mkdir(path, mode))[1])
    identity.load_or_make(state, "KZ0417", NOW)
    assert done == [
        "authority", "sync ", "authority/ca-key.pem", "authority/ca.pem", "keys", "sync ", "keys/KZ0417.pem",
    ]  # fmt: skip
    identity.load_or_make(state, "KZ0418", NOW)
    assert done[7:] == ["keys/KZ0418.pem"]


@pytest.mark.parametrize("left", [[], ["authority"], ["authority", "authority/ca-key.pem"]])
def test_what_a_power_cut_left_undone_is_done_at_the_next_start(state: FaultyFiles, tmp_path: Path, left: list[str]):
    identity.load_or_make(state, "KZ0417", NOW)
    kept = {name: (tmp_path / name).read_bytes() for name in left if name.endswith(".pem")}
    for path in tmp_path.rglob("*.pem"):
        if path.relative_to(tmp_path).as_posix() not in left:
            path.unlink()
    for path in (tmp_path / "keys", tmp_path / "authority"):
        if path.name not in left:
            path.rmdir()
    made = identity.load_or_make(state, "KZ0417", NOW)
    own(made).verify_directly_issued_by(authority(tmp_path))
    assert {name: (tmp_path / name).read_bytes() for name in kept} == kept


@pytest.mark.parametrize("how", ["another unit's", "another key's", "no certificate", "no key", "nonsense"])
def test_what_is_not_the_units_key_with_its_certificate_is_told_and_left(state: FaultyFiles, tmp_path: Path, how: str):
    for unit in ("KZ0417", "KZ0418"):
        identity.load_or_make(state, unit, NOW)
    paths = [tmp_path / f"keys/{unit}.pem" for unit in ("KZ0417", "KZ0418")]
    (key, _, certificate), (other_key, _, _) = (path.read_bytes().partition(MARK) for path in paths)
    bundle = {
        "another unit's": paths[1].read_bytes(), "another key's": other_key + MARK + certificate,
        "no certificate": key, "no key": MARK + certificate, "nonsense": b"nonsense",
    }[how]  # fmt: skip
    paths[0].write_bytes(bundle)
    with pytest.raises(UsageError, match=r"^keys/KZ0417.pem in the unit's state does not hold its key and certificate"):
        identity.load_or_make(state, "KZ0417", NOW)
    assert paths[0].read_bytes() == bundle


def test_a_chain_is_kept_whole_and_in_order(state: FaultyFiles, tmp_path: Path):
    made = identity.load_or_make(state, "KZ0417", NOW)
    path = tmp_path / "keys/KZ0417.pem"
    path.write_bytes(path.read_bytes() + (tmp_path / "authority/ca.pem").read_bytes())
    pair = [made.chain[0], certificates.to_der([authority(tmp_path)])[0]]
    assert identity.load_or_make(state, "KZ0417", NOW).chain == pair


def test_no_more_is_read_than_a_key_with_its_certificates_can_be(
    state: FaultyFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sizes: list[int] = []
    read = state.read

    def measured(path: str, offset: int = 0, length: int | None = None) -> bytes:
        data = read(path, offset, length)
        sizes.append(len(data))
        return data

    identity.load_or_make(state, "KZ0417", NOW)
    monkeypatch.setattr(state, "read", measured)
    for path in (tmp_path / "authority/ca-key.pem", tmp_path / "keys/KZ0417.pem"):
        path.write_bytes(path.read_bytes() + b"\n" * (1 << 20))
    identity.load_or_make(state, "KZ0417", NOW)
    identity.load_or_make(state, "KZ0418", NOW)
    assert sizes[:2] == [65_536, 65_536]
