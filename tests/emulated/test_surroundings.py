"""What is around the unit: satellites, the operator's card, the dock; and a camera that nobody can use."""

import time
from datetime import UTC, datetime

from emulated_world import SLOW, World, green


def sentence(body: str) -> str:
    """With its checksum (NMEA 0183)."""
    checksum = 0
    for byte in body.encode():
        checksum ^= byte
    return f"${body}*{checksum:02X}"


def fix() -> list[str]:
    """A receiver in Astana that sees its satellites now."""
    now = datetime.now(UTC)
    clock, date = now.strftime("%H%M%S.00"), now.strftime("%d%m%y")
    return [
        sentence(f"GNRMC,{clock},A,5107.6800,N,07125.9000,E,0.0,,{date},,,A"),
        sentence(f"GNGGA,{clock},5107.6800,N,07125.9000,E,1,09,0.9,347.0,M,-40.0,M,,"),
        sentence(f"GNGST,{clock},3.0,2.5,2.0,10.0,2.4,2.1,4.0"),
    ]


def test_the_position_is_recorded_through_noise(world: World) -> None:
    noise = ["$GNRMC,half", "\x7fnoise" * 30, "$GNGGA,120000,5107.68,N*00", "$" * 200]

    def shine() -> bool:
        world.unit.gnss([*noise, *fix()])
        time.sleep(1)
        return False

    for _ in range(5):
        shine()
    name = world.begin()
    found = world.until(lambda: shine() or world.events("position", name), 6 * SLOW, "the position")
    place = found[0].data
    assert abs(int(place["lat_e7"]) - 511_280_000) < 1000
    assert abs(int(place["lon_e7"]) - 714_316_667) < 1000
    assert 0 < int(place["accuracy_mm"]) < 20_000
    assert world.end() == name
    assert world.proven(name)


def test_the_operators_card_names_the_operator(world: World) -> None:
    world.unit.card("04A1B2C3")
    time.sleep(SLOW / 5)
    name = world.begin()
    [opened] = world.bodies("opened", name)
    assert "04A1B2C3" in opened.operator.upper()
    assert world.end() == name


def test_the_dock_is_noted(world: World) -> None:
    world.unit.down("dock")
    world.until(lambda: world.unit_events("docked"), 2 * SLOW, "docked in the unit's journal")
    world.unit.release("dock")
    world.until(lambda: world.unit_events("undocked"), 2 * SLOW, "undocked in the unit's journal")


def test_a_camera_without_a_usable_format_leaves_sound(world: World) -> None:
    world.unit.unplug_camera()
    world.unit.plug_camera(formats=("y16",))
    time.sleep(SLOW)
    name = world.begin()
    world.until(lambda: world.bodies("interval-begun", name), 4 * SLOW, "a stretch")
    assert world.bodies("interval-begun", name)[-1].streams == ["sound"]
    assert "no usable format" in world.do("journalctl -b --no-pager -u kuager-capture | tail -n 60")
    world.plug_camera()
    world.until(
        lambda: any("video" in each.streams for each in world.bodies("interval-begun", name)), 6 * SLOW, "the picture"
    )
    assert world.end() == name
    world.light(green)
    assert world.proven(name)
