"""The kernel's power supply class, as files."""

from pathlib import Path

import pytest

from kuager.board.supply import Supply
from kuager.evidence.records import Battery


def put(root: Path, name: str, **values: object) -> None:
    folder = root / name
    folder.mkdir(exist_ok=True)
    for key, value in values.items():
        (folder / key).write_text(f"{value}\n")


def max17048(root: Path, **values: object) -> Supply:
    known = {"type": "Battery", "status": "Unknown", "online": 1, "voltage_now": 3_850_000, "capacity": 56}
    put(root, "battery", **known | values)
    return Supply("max17048", root)


def test_a_cell_on_a_max17048(tmp_path):
    assert max17048(tmp_path).read() == Battery(percent=56, millivolts=3850)


def test_the_kernels_test_battery_gives_volts_that_are_none(tmp_path):
    put(tmp_path, "test_battery", type="Battery", status="Charging", capacity=50, present=1, voltage_now=3300)
    supply = Supply("test-power", tmp_path)
    assert supply.read() == Battery(percent=50, millivolts=0, charging=True)
    put(tmp_path, "test_ac", type="Mains", online=1)
    put(tmp_path, "test_battery", status="Discharging")
    assert supply.read() == Battery(percent=50), "the gauge knows better than the plug"


@pytest.mark.parametrize(("kind", "online", "charging"), [("Mains", 1, True), ("USB", 1, True), ("USB", 0, False)])
def test_where_the_gauge_knows_of_no_charger_power_from_outside_counts(tmp_path, kind, online, charging):
    put(tmp_path, "rpi-usb", type=kind, online=online)
    found = max17048(tmp_path).read()
    assert found is not None
    assert found.charging is charging


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"capacity": 130}, "130 percent"),
        ({"capacity": -3}, "-3 percent"),
        ({"capacity": "?"}, "there is none"),
        ({"capacity": 0, "voltage_now": 4_100_000}, "0 percent at 4100 mV"),
        ({"present": 0}, "no battery"),
    ],
)
def test_what_can_not_be_true_is_not_believed(tmp_path, values, why):
    supply = max17048(tmp_path, **values)
    assert supply.read() is None
    assert why in supply.complaint
    max17048(tmp_path, capacity=40, voltage_now=3_700_000, present=1)
    assert supply.read() == Battery(percent=40, millivolts=3700)
    assert supply.complaint == ""


def test_a_full_one_may_say_a_little_more(tmp_path):
    assert max17048(tmp_path, capacity=104, voltage_now=4_180_000).read() == Battery(percent=100, millivolts=4180)


def test_an_empty_one_is_believed(tmp_path):
    assert max17048(tmp_path, capacity=1, voltage_now=3_210_000).read() == Battery(percent=1, millivolts=3210)


def test_no_gauge_and_no_driver(tmp_path):
    assert Supply("none", tmp_path).read() is None
    missing = Supply("max17048", tmp_path / "nowhere")
    assert missing.read() is None
    assert "max17048" in missing.complaint
