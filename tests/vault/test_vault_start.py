"""What a vault is given at its start: slot, identity, clock, sealer and device, on the virtual board and on a real one.

All of it is real but for what the kernel is asked: attributes, and what is mounted.
"""

from datetime import UTC, datetime, timedelta

import pytest
from vault_start import SEALERS, Start
from vault_world import PROCEDURE

import kuager
from kuager import clock, hardware, machine, mounts, wire
from kuager.errors import CarrierError
from kuager.evidence import certificates
from kuager.evidence.records import Device
from kuager.settings import Paths, Settings
from kuager.vault import __main__ as start
from kuager.vault import carrier

BOARD = "pi-4"
RESET_US = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
LAST = 2**53 - 1


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch, started: Start) -> None:
    """The carrier's folder is a mounted one."""
    started.carrier.mkdir(parents=True)
    monkeypatch.setattr(mounts, "device_at", lambda path: path.stat().st_dev)


def test_the_state_is_the_vaults_alone_and_found_again(started: Start) -> None:
    started.boot()
    assert started.state.stat().st_mode & 0o777 == 0o700
    key = (started.state / "keys/KZ0418.pem").read_bytes()
    started.end()
    started.boot()
    assert (started.state / "keys/KZ0418.pem").read_bytes() == key
    assert len(list((started.state / "KZ0418-unit").iterdir())) == 1


def test_a_second_vault_on_one_state_is_refused(started: Start) -> None:
    started.boot()
    with pytest.raises(CarrierError, match="another vault writes here"):
        start.build(Settings(paths=Paths(state=started.state)), started.run, started.threads)


def test_the_first_certificate_begins_thirty_days_before_now(started: Start) -> None:
    opened = started.open(started.boot())
    age = datetime.now(UTC) - certificates.load_der(opened.certificates)[0].not_valid_before_utc
    assert timedelta(days=30) <= age < timedelta(days=30, minutes=2)


@pytest.mark.parametrize(("serial", "told"), [("S-77", "S-77"), ("", "KZ0418")])
def test_a_virtual_unit_says_what_it_is_and_what_its_carrier_is(started: Start, serial: str, told: str) -> None:
    opened = started.open(started.boot(serial=serial))
    assert (opened.unit, opened.board, opened.firmware) == ("KZ0418", "virtual", kuager.__version__)
    assert opened.boot == clock.boot_id()
    assert opened.device == Device(make="Maker", model="virtual unit", serial=told)
    assert opened.carrier == carrier.identify(started.carrier, virtual=True)


@pytest.mark.usefixtures("mounted")
def test_a_real_unit_says_what_it_is_and_what_its_carrier_is(started: Start) -> None:
    with started.sealing():
        opened = started.open(started.boot(BOARD, serial="S-77"))
    title = hardware.load(hardware.path_of(BOARD)).board.title
    assert (opened.unit, opened.board, opened.firmware) == ("KZ0418", BOARD, kuager.__version__)
    assert opened.device == machine.device(Device(make="Maker", model=title, serial="S-77"))
    assert opened.carrier == carrier.identify(started.carrier, virtual=False)


def test_a_real_unit_makes_no_folder_where_no_carrier_is_mounted(started: Start) -> None:
    assert started.boot(BOARD).last(wire.VaultState).carrier_state == "missing"
    assert not started.carrier.exists()


def test_a_real_unit_looks_in_its_run_directory_for_what_is_not_mounted(started: Start) -> None:
    (started.run / "slot").mkdir()
    (started.run / "slot/state").write_text("blank")
    assert started.boot(BOARD).last(wire.VaultState).carrier_state == "blank"


@pytest.mark.usefixtures("mounted")
def test_a_real_unit_has_its_carrier_protected_by_the_sealer(started: Start) -> None:
    with started.sealing():
        name = started.open(started.boot(BOARD)).name
    assert (f"media/carrier/{name}", "append-only", SEALERS) in started.asked
    assert {device for _, _, device in started.asked} == {SEALERS}


@pytest.mark.parametrize("setting", [None, "on", "off"])
def test_the_virtual_board_protects_its_carrier_itself_unless_told_not_to(
    started: Start, monkeypatch: pytest.MonkeyPatch, setting: str | None
) -> None:
    if setting is not None:
        monkeypatch.setenv("KUAGER_ATTRIBUTES", setting)
    name = started.open(started.boot()).name
    wanted = (f"media/carrier/{name}", "append-only", started.carrier.stat().st_dev)
    assert (wanted in started.asked) == (setting != "off")
    assert bool(started.asked) == (setting != "off")


def test_nothing_in_the_units_state_is_protected(started: Start) -> None:
    started.open(started.boot())
    assert started.asked
    assert not [where for where, _, _ in started.asked if not where.startswith("media/carrier/")]


def test_where_the_virtual_carrier_can_not_be_made_there_is_none(started: Start) -> None:
    (started.root / "media").write_bytes(b"")
    assert started.boot().last(wire.VaultState).carrier_state == "missing"


def test_a_virtual_carrier_keeps_what_is_on_it(started: Start) -> None:
    first = started.open(started.boot())
    started.end()
    assert started.boot().last(wire.VaultState).dead.id == first.id


def test_faults_of_the_carrier_are_played_on_the_virtual_board(started: Start) -> None:
    supervisor = started.boot()
    started.say(supervisor, wire.CarrierRig(fault="carrier-gone"))
    started.say(supervisor, wire.OpenRecording(request=2, mode="video", language="ru", procedure=PROCEDURE))
    assert supervisor.last(wire.VaultTrouble).code == "carrier-failed"


def test_a_lost_clock_is_played_on_the_virtual_board(started: Start) -> None:
    started.say(started.boot(), wire.ClockRig(fault="clock-lost", at_us=clock.boot_us() - 5_000_000))
    assert 5_000_000 <= clock.utc_us() - RESET_US < 60_000_000


@pytest.mark.usefixtures("mounted")
def test_on_a_real_board_nothing_is_played(started: Start) -> None:
    with started.sealing():
        supervisor = started.boot(BOARD)
        started.say(supervisor, wire.CarrierRig(fault="carrier-gone"))
    assert supervisor.last(wire.VaultTrouble).code == "refused"
    assert supervisor.last(wire.VaultState).carrier_state == "ready"


@pytest.mark.parametrize(
    ("utc", "held"), [(-5, 0), (0, 0), (1, 1), (RESET_US, RESET_US), (LAST, LAST), (LAST + 1, LAST)]
)
def test_whatever_the_clock_says_a_record_can_hold_it(utc: int, held: int) -> None:
    moment = start._now(clock.Clock(boot=lambda: 7, utc=lambda: utc, discipline=lambda: (True, LAST + 1)))
    assert (moment.boot_us, moment.utc_us) == (7, held)
    assert moment.uncertainty_us <= LAST
