"""TOML that is meant ill: refused in one sentence, at a cost that its length bounds; a unit keeps what is good."""

import tomllib
from pathlib import Path
from random import Random

import pytest
from growth import TOML
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from kuager import hardware, procedure, toml
from kuager.errors import UsageError
from kuager.settings import Settings, load, load_or_default
from kuager.supervisor.operators import Operators
from kuager_workshop.fuzz import structured
from kuager_workshop.fuzz.worker import CORPUS

SIZE = 30_000
EXAMPLE = (CORPUS / "settings" / "seed-all-keys").read_bytes()
PACK = (CORPUS / "procedure-pack" / "seed-kz-2012-68").read_bytes()


def file(folder: Path, data: bytes) -> Path:
    path = folder / "hostile.toml"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", TOML)
def test_any_of_it_is_either_tables_or_one_kind_of_error(name: str) -> None:
    text = TOML[name](SIZE).decode()
    try:
        toml.tables(text)
    except tomllib.TOMLDecodeError as refusal:
        said = str(refusal)
        assert len(said) < 1000
    toml.lines(text)


@pytest.mark.parametrize("name", TOML)
def test_every_reader_refuses_it_and_a_unit_starts(tmp_path: Path, name: str) -> None:
    path = file(tmp_path, TOML[name](SIZE))
    settings, _ = load_or_default(path)
    assert settings.camera == Settings().camera
    found, complaint = hardware.load_or_default(str(path), "Raspberry Pi 5 Model B Rev 1.0")
    assert complaint
    assert found.pins == hardware.load(hardware.path_of("pi-5")).pins
    with pytest.raises(UsageError):
        procedure.load(path.read_text(encoding="utf-8"), "any.toml")
    assert Operators(path).name("04A1B2C3")[0] == "card 04A1B2C3"


@pytest.mark.parametrize(
    "text",
    ["[unit]\nname = " + "9" * 4400, "[unit]\n" + "a." * 33 + "a = 1", "x = " + "[" * 9000],
    ids=["digits", "dots", "brackets"],
)
def test_what_the_library_is_not_given_names_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"line [12]: (more than|nested)"):
        load(file(tmp_path, text.encode()))


@pytest.mark.parametrize("value", ['"""\n', "'''\n", "[\n1,\n", "[\n'''\n", "[ # [\n{a = 1},\n"])
def test_before_a_value_that_nobody_ends_all_counts(tmp_path: Path, value: str) -> None:
    text = f'[unit]\nname = "KZ9"\n[signals]\ndiscreet = true\nx = {value}' + "2,\n" * 5000
    settings, complaint = load_or_default(file(tmp_path, text.encode()))
    assert (settings.unit.name, settings.signals.discreet) == ("KZ9", True)
    assert complaint


def test_a_value_of_several_lines_before_the_error_counts_too(tmp_path: Path) -> None:
    text = "[unit]\nname = 'KZ9'\noperator = '''\nAkhmetova\n[camera]\n'''\n[camera]\nrate = 15\nwrong\n"
    settings, _ = load_or_default(file(tmp_path, text.encode()))
    assert (settings.unit.operator, settings.camera.rate) == ("Akhmetova\n[camera]\n", 15)


@pytest.mark.parametrize("key", ["a]", "a[", "]", "a.b.c]", " - at `$.x", "a\nb", ".", "", "x" * 2000])
def test_a_wrong_key_of_any_letters_is_told(key: str) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in key)
    with pytest.raises(UsageError, match=r"^any.toml"):
        procedure.load(f'"{escaped}" = 1\n', "any.toml")
    with pytest.raises(UsageError, match=r"^any.toml"):
        procedure.load(f'[[opening]]\n[[opening]]\n"{escaped}" = 1\n', "any.toml")


@pytest.mark.parametrize("section", ["camera", "pins", "limits", "power"])
def test_tables_nested_deeper_than_anything_recurses_cost_that_part_only(tmp_path: Path, section: str) -> None:
    text = f"[{section}]\nred = " + ("{" + "a." * 28 + "a=[\n") * 60 + "1" + "]}" * 60
    text += "\n[clock]\nrtc = 'ds3231'\n"
    path = file(tmp_path, text.encode())
    found, complaint = hardware.load_or_default(str(path), "Raspberry Pi 5 Model B Rev 1.0")
    assert complaint
    assert found.clock.rtc == "ds3231"
    assert found.pins == hardware.load(hardware.path_of("pi-5")).pins
    assert load_or_default(path)[0].camera == Settings().camera
    assert load_or_default(file(tmp_path, f'[unit]\nboard = "{path}"\n'.encode()))[1]


@given_settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_settings_with_lines_changed_are_read_the_same_by_both_ways(
    tmp_path_factory: pytest.TempPathFactory, chance: Random, times: int
) -> None:
    data = EXAMPLE
    for _ in range(times):
        data = structured.lines(data, chance)
    path = file(tmp_path_factory.getbasetemp(), data.replace(b"/", b"|"))
    settings, complaint = load_or_default(path)
    if complaint is None:
        assert load(path) == settings
    else:
        with pytest.raises(UsageError):
            load(path)


@given_settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_pack_with_lines_changed_is_a_pack_or_refused_with_its_name(chance: Random, times: int) -> None:
    data = PACK
    for _ in range(times):
        data = structured.lines(data, chance)
    try:
        found = procedure.load(data.decode(), "mine.toml")
    except UsageError as refusal:
        said = str(refusal)
        assert said.startswith("mine.toml")
    else:
        assert found.closing[-1].confirms
        assert len({item.id for item in found.opening}) == len(found.opening)


@given_settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_table_of_operators_keeps_a_card_from_having_a_name(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = file(tmp_path_factory.getbasetemp(), b"[operators]\n04A1B2C3 = " + data)
    name, complaint = Operators(path).name("04A1B2C3")
    assert 0 < len(name) <= 200
    assert complaint == "" or name == "card 04A1B2C3"


@pytest.mark.parametrize("key", ["a\nERROR the carrier is lost", "\x1b[2Jcleared", "\u202egnitirw", "long" * 3000])
def test_a_key_is_said_legibly_and_on_one_line(tmp_path: Path, key: str) -> None:
    written = "".join(f"\\u{ord(each):04x}" for each in key)
    with pytest.raises(UsageError, match="unknown key") as unknown:
        toml.decode(f'"{written}" = 1', Settings, "x.toml")
    with pytest.raises(UsageError, match="no section") as section:
        load(file(tmp_path, f'["{written}"]'.encode()))
    with pytest.raises(UsageError, match="no key") as in_section:
        load(file(tmp_path, f'[unit]\n"{written}" = 1'.encode()))
    for said in (str(each.value).removeprefix(str(tmp_path)) for each in (unknown, section, in_section)):
        assert said.isprintable()
        assert len(said) < 200
