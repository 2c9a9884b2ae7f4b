"""Temperature and under-voltage, as the kernel's files; and the thread that reads them."""

import threading
from pathlib import Path

from kuager.board import Climate, senses
from kuager.board.senses import Senses
from kuager.board.supply import Supply
from kuager.board.thermal import Thermal
from kuager.evidence.records import Battery


def zone(root: Path, number: int, kind: str, temp: object, **trips: object) -> None:
    folder = root / "thermal" / f"thermal_zone{number}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in {"type": kind, "temp": temp, **trips}.items():
        (folder / name).write_text(f"{value}\n")


def volt(root: Path, alarm: object) -> None:
    folder = root / "hwmon" / "hwmon1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text("rpi_volt\n")
    (folder / "in0_lcrit_alarm").write_text(f"{alarm}\n")


def test_a_raspberry_pi(tmp_path):
    zone(tmp_path, 0, "acpitz", 20_000)
    zone(tmp_path, 1, "cpu-thermal", 61_835, trip_point_0_type="active", trip_point_0_temp=50_000,
         trip_point_1_type="critical", trip_point_1_temp=110_000)  # fmt: skip
    volt(tmp_path, 0)
    thermal = Thermal("rpi_volt", tmp_path)
    assert thermal.read() == Climate(61_835, 110_000, False)
    volt(tmp_path, 1)
    assert thermal.read().under_voltage is True
    assert Thermal("", tmp_path).read().under_voltage is None


def test_what_is_not_there_or_nonsense_is_not_known(tmp_path):
    assert Thermal("rpi_volt", tmp_path).read() == Climate()
    zone(tmp_path, 0, "cpu-thermal", 1_000_000)
    volt(tmp_path, "x")
    assert Thermal("rpi_volt", tmp_path).read() == Climate()


def test_the_thread_gives_the_newest_and_forgets_what_is_old(tmp_path, monkeypatch):
    zone(tmp_path, 0, "cpu-thermal", 50_000)
    folder = tmp_path / "supply" / "test_battery"
    folder.mkdir(parents=True)
    (folder / "capacity").write_text("70")
    read = Senses(Supply("test-power", tmp_path / "supply"), Thermal("", tmp_path))
    assert (read.battery, read.climate) == (None, Climate())
    seen = threading.Event()
    whole = read.read
    monkeypatch.setattr(read, "read", lambda: (whole(), seen.set()))
    read.start()
    assert seen.wait(5)
    assert read.battery == Battery(percent=70)
    assert read.climate.temperature_mc == 50_000
    assert read.complaints == ()
    read.close()
    (folder / "capacity").unlink()
    whole()
    assert read.battery is None
    assert len(read.complaints) == 1
    now = senses.boot_us()
    monkeypatch.setattr(senses, "boot_us", lambda: now + senses.STALE_US + 1_000_000)
    assert read.climate == Climate(), "a thread that hangs knows nothing any more"
