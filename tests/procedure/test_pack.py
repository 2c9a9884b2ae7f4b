"""The pack of Kazakhstan says what the Instruction asks; a wrong pack is refused with its line."""

import re
from importlib import resources

import pytest

from kuager.errors import UsageError
from kuager.procedure import MENU, load, pack
from kuager.signals import MODES, WARNINGS
from kuager.toml import lines

FOLDER = resources.files("kuager.procedure")
TEXT = FOLDER.joinpath("kz-2012-68.toml").read_text("utf-8")
README = FOLDER.joinpath("README.md").read_text("utf-8")
KZ = pack()
EVERY_ITEM = (*KZ.opening, *KZ.closing, KZ.breaking, KZ.resumed, KZ.interruption)


def test_witnesses_are_obligatory_for_three_kinds_of_action_and_no_other():
    assert {action.id for action in KZ.actions if action.witnesses} == {
        "dwelling-inspection", "search", "personal-search"
    }  # fmt: skip
    assert {action.clause for action in KZ.actions} == {"3"}


def test_the_order_is_never_presented_as_law_in_force():
    for language in ("ru", "kk", "en"):
        procedure = KZ.procedure("search", "chosen", language)
        assert "2015" in procedure.citation
        assert "91" in procedure.citation
        assert "68" in procedure.citation
        assert procedure.title == KZ.title.say(language)
    assert "Lost force" in KZ.procedure("", "not-stated", "de").citation


def test_what_is_voiced_at_switching_on_is_all_there_and_says_by_whom():
    by_id = {item.id: (item.clause, item.speaker) for item in KZ.opening}
    assert by_id == {
        "recording-on": ("6.3", "unit"),
        MENU: ("6.2", "unit"),
        "time-date": ("7", "both"),
        "place": ("7", "person"),
        "person-in-charge": ("7", "person"),
        "participants": ("7", "person"),
        "told": ("6.3", "person"),
        "witnesses": ("3", "person"),
        "specialist": ("9", "person"),
    }


def test_what_is_voiced_before_the_end_is_all_there():
    assert [item.id for item in KZ.closing] == ["end-time", "motions", "remarks", "proposals", "reasons", "confirm"]
    assert {item.clause for item in (*KZ.closing, KZ.breaking, KZ.resumed, KZ.interruption)} == {"8"}
    assert KZ.asking.closing_repeat_s == 60


def test_nobody_is_heard_before_being_told():
    assert KZ.pre_roll.sound is False
    assert KZ.opening[0].prompt == "opening.recording-on"


def test_every_prompt_and_title_is_listed_for_the_catalogues():
    listed = set(re.findall(r"`([a-z][a-z0-9.-]+)`", README))
    wanted = {item.prompt for item in EVERY_ITEM} | {action.prompt for action in KZ.actions}
    wanted |= {f"title.{item.id}" for item in EVERY_ITEM}
    wanted |= {signal.prompt for signal in (*MODES.values(), *WARNINGS.values()) if signal.prompt}
    assert wanted <= listed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('clause = "6.2"', 'clouse = "6.2"'), "line {line}: unknown key `clouse`"),
        (("[menu]", "[menu]\nbeep = true"), "line {line}: unknown key `beep`"),
        (("wait_s = 8", 'wait_s = "8"'), "line {line}: expected `int`, got `str`"),
        (("wait_s = 8", "wait_s = 0"), "line {line}: expected `int` >= 1"),
        (('speaker = "person"', 'speaker = "dog"'), "line {line}: invalid enum value 'dog'"),
        (('modes = ["video", "sound", "stills"]', 'modes = ["film"]'), "line {line}: invalid enum value 'film'"),
    ],
)
def test_a_wrong_key_names_its_line(change, message):
    old, new = change
    wrong = TEXT.replace(old, new, 1)
    line = wrong[: wrong.index(new.splitlines()[-1])].count("\n") + 1
    with pytest.raises(UsageError, match=r"^my\.toml, ") as caught:
        load(wrong, "my.toml")
    assert message.format(line=line) in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "place"', 'id = "told"', "the opening item `told` is there twice"),
        ('id = "search"', 'id = "seizure"', "the action `seizure` is there twice"),
        ("confirms = true", "confirms = false", "the last closing item"),
        ("[menu]", "[menu", "at line"),
        ("[menu]\nwait_s = 8", "[menu]", "missing required field `wait_s`"),
        ("after_vault = ", "after_vault = " + "[" * 3000, "nested too deeply"),
    ],
)
def test_a_pack_that_contradicts_itself_is_refused(old, new, message):
    assert old in TEXT
    with pytest.raises(UsageError) as caught:
        load(TEXT.replace(old, new, 1), "my.toml")
    assert message in str(caught.value)


def test_an_unknown_pack_names_those_there_are():
    with pytest.raises(UsageError, match="kz-2012-68"):
        pack("xx")


def test_lines_see_through_texts_of_many_lines():
    found = lines('a = """\nb = 1\n"""\n[t]\nb = 2\n[[l]]\nc = 1\n[[l]]\nc = 2\n')
    assert found == {"a": 1, "t": 4, "t.b": 5, "l[0]": 6, "l[0].c": 7, "l[1]": 8, "l[1].c": 9}
