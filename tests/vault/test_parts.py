"""The vault's smaller parts, each by itself."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kuager.errors import CarrierError, UsageError
from kuager.evidence import certificates
from kuager.vault import carrier, identity, layout
from kuager.vault.carrier import Bay
from kuager.vault.disk import DiskFiles
from kuager.vault.faults import RiggedCarrier
from kuager.vault.inbox import LIMITS, Inbox
from kuager.vault.worker import Threads

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_names():
    name = layout.recording("KZ0417", 42, 1_795_238_100_000_000)
    assert name == "KZ0417-000042-20261121T051500Z"
    assert layout.parse_recording(name) == layout.RecordingName("KZ0417", 42, name)
    for bad in ("KZ0417-42-20261121T051500Z", "KZ0417-000042", "KZ0417-unit", f"../{name}", name + "\n"):
        assert layout.parse_recording(bad) is None
    assert layout.recording("U", 1, 2**53 - 1).startswith("U-000001-2255")


def test_a_full_inbox_holds_its_sender_back_and_no_other():
    inbox = Inbox()
    inbox.put("media", lambda: None, LIMITS["media"])
    passed = threading.Event()

    def send() -> None:
        inbox.put("media", lambda: None)
        passed.set()

    sender = threading.Thread(target=send)
    sender.start()
    inbox.put("control", lambda: None)
    assert not passed.wait(0.05)
    assert inbox.get(0) is not None
    assert passed.wait(5)
    sender.join()
    inbox.shut()
    inbox.put("media", lambda: None, LIMITS["media"])
    assert [inbox.get(0) is not None for _ in range(3)] == [True, True, False]


def test_identity_is_made_once_and_names_its_unit(tmp_path: Path):
    state = DiskFiles(tmp_path)
    made = identity.load_or_make(state, "KZ0417", NOW)
    assert identity.load_or_make(state, "KZ0417", NOW).chain == made.chain
    other = identity.load_or_make(state, "KZ0418", NOW)
    anchors = certificates.load_pem((tmp_path / "authority/ca.pem").read_bytes())
    assert len(anchors) == 1
    for each in (made, other):
        when = certificates.When.at(int(NOW.timestamp()) * 1_000_000)
        proven = certificates.check_chain(certificates.load_der(each.chain), anchors, when)
        assert (proven.unit, proven.development) == (each.unit, True)
    secrets = [*tmp_path.glob("keys/*"), tmp_path / "authority/ca-key.pem"]
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}
    state.release()


def test_an_identity_that_is_damaged_is_told(tmp_path: Path):
    state = DiskFiles(tmp_path)
    identity.load_or_make(state, "KZ0417", NOW)
    (tmp_path / "keys/KZ0417.pem").write_bytes(b"nonsense")
    with pytest.raises(UsageError, match="does not hold its key"):
        identity.load_or_make(state, "KZ0417", NOW)
    state.release()


def test_a_development_certificate_is_good_for_a_clock_set_back_a_day(tmp_path: Path):
    state = DiskFiles(tmp_path)
    made = identity.load_or_make(state, "KZ0417", NOW)
    anchors = certificates.load_pem((tmp_path / "authority/ca.pem").read_bytes())
    when = certificates.When.at(int(NOW.timestamp() - 86_400) * 1_000_000)
    certificates.check_chain(certificates.load_der(made.chain), anchors, when)
    state.release()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"device/manfid": "0x000003\n", "device/name": "SN64G\n", "device/serial": "0x1234\n", "serial": "disk"},
            ("0x000003", "SN64G", "0x1234"),
        ),
        (
            {"device/vendor": "SanDisk \n", "device/model": "Ultra  Fit\n", "device/wwid": "naa.5\n"},
            ("SanDisk", "Ultra Fit", "naa.5"),
        ),
        ({"device/device/vendor": "0x15b7\n", "serial": "S1\n", "wwid": "eui.1\n"}, ("0x15b7", "unknown", "S1")),
        ({"device/serial": " \n", "wwid": "eui.1\n"}, ("unknown", "unknown", "eui.1")),
        (
            {"device/name": b"caf\xe9", "device/serial": b"7" * 300},
            ("unknown", "caf\N{REPLACEMENT CHARACTER}", "7" * 200),
        ),
        ({"device/nothing": ""}, ("unknown", "unknown", "")),
    ],
)
def test_a_carrier_is_named_by_its_hardware(
    tmp_path: Path, facts: dict[str, str | bytes], expected: tuple[str, str, str]
):
    disk = tmp_path / "block/sda"
    (disk / "device/device").mkdir(parents=True)
    for name, text in facts.items():
        (disk / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (disk / "sda1").mkdir()
    (tmp_path / "8:1").symlink_to(disk / "sda1")
    found = carrier.identify_block(tmp_path / "8:1")
    assert (found.make, found.model, found.serial) == expected


def test_a_directory_is_said_to_be_one(tmp_path: Path):
    found = carrier.identify(tmp_path, virtual=True)
    assert (found.make, found.model) == ("virtual", "directory")
    assert str(tmp_path.stat().st_ino) in found.serial


def slot(path: Path, mount: Callable[[Path], DiskFiles] = DiskFiles) -> RiggedCarrier:
    return RiggedCarrier(path, mount, lambda where: carrier.identify(where, True))


def test_a_bay_waits_longer_after_each_failure(tmp_path: Path):
    tries = []

    def mount(path: Path) -> DiskFiles:
        tries.append(1)
        return DiskFiles(path)

    bay = Bay(slot(tmp_path, mount), 1 << 20)
    now = 0
    for _ in range(60):
        now += 1_000_000
        if bay.look(now):
            bay.fail(OSError(5, "I/O error"), now)
    assert bay.state == "failed"
    assert 4 <= len(tries) <= 7


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("carrier-gone", "missing"),
        ("carrier-blank", "blank"),
        ("carrier-foreign", "foreign"),
        ("carrier-full", "full"),
        ("carrier-read-only", "read-only"),
        ("carrier-well", "ready"),
    ],
)
def test_faults_played_on_the_virtual_board(tmp_path: Path, fault: str, state: str):
    rigged = slot(tmp_path)
    bay = Bay(rigged)
    bay.look(0)
    rigged.play(fault)
    bay.look(1_000_000)
    bay.look(2_000_000)
    assert bay.state == state
    rigged.play("carrier-well")
    for second in range(3, 6):
        bay.look(second * 1_000_000)
    assert bay.state == "ready"
    bay.lose("missing", "")


def test_a_missing_carrier_is_no_failure(tmp_path: Path):
    bay = Bay(slot(tmp_path / "nowhere"))
    assert not bay.look(0)
    assert bay.state == "missing"
    with pytest.raises(CarrierError):
        DiskFiles(tmp_path / "nowhere")


def test_a_sealing_job_that_fails_by_a_fault_of_ours_is_told_and_the_next_one_runs():
    inbox = Inbox()
    threads = Threads(inbox)
    outcomes = []

    def broken():
        raise RuntimeError("ours")

    for job in (broken, lambda: None):
        threads.submit(job, outcomes.append, long=False)
    for _ in range(2):
        call = inbox.get(10)
        assert call
        call()
    assert isinstance(outcomes[0], RuntimeError)
    assert outcomes[1] is None
