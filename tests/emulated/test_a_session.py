"""Scenario 1 and 8: an officer's session under the real units, as an officer has it; sound only; stills."""

import time

from emulated_world import World, green

from kuager.evidence import manifest
from kuager.evidence.verdict import Outcome


def test_press_mark_photo_and_the_closing_dialogue(world: World) -> None:
    name = world.begin()
    world.opening()
    time.sleep(10)
    world.unit.press("mark")
    world.until(lambda: [chapter for chapter in world.bodies("chapter") if chapter.item == "mark"], what="the mark")
    world.photograph(lambda: world.unit.hold("mark"))
    assert world.end() == name
    world.light(green)
    place = world.carried()
    verdict = world.verdict(name, place)
    assert verdict.outcome is Outcome.AUTHENTIC, verdict
    said = manifest.read((place / name / "manifest.cbor").read_bytes())
    assert (said.board, said.ending) == ("emulated", "closed")
    assert said.protections == ["append-only", "immutable"]


def test_sound_only(world: World) -> None:
    world.unit.down("mode-down")
    name = world.begin()
    world.opening()
    assert world.end() == name
    world.unit.release("mode-down")
    place = world.carried()
    assert world.verdict(name, place).outcome is Outcome.AUTHENTIC
    assert (place / name / "sound-01.mp4").stat().st_size > 10_000
    assert not list((place / name).glob("video-*"))


def test_stills_with_sound(world: World) -> None:
    world.unit.down("mode-up")
    name = world.begin()
    world.opening()
    world.photograph(lambda: world.unit.press("mark"))  # in stills it is the short press
    assert world.end() == name
    world.unit.release("mode-up")
    place = world.carried()
    assert world.verdict(name, place).outcome is Outcome.AUTHENTIC
    assert (place / name / "photo-0001.jpg").read_bytes().startswith(b"\xff\xd8")


def test_the_light_is_dark_when_the_supervisor_is_stopped(world: World) -> None:
    world.do("systemctl stop kuager-supervisor", 120)
    assert world.light(lambda light: light.dark).dark
    world.do("systemctl start --no-block kuager-supervisor")
    world.ready()
