import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuager.errors import UsageError
from kuager.terminal.script import SESSION, Action, parse, seconds


def test_the_session_that_is_shipped():
    verbs = [action.verb for action in parse(SESSION.read_text(encoding="utf-8"), "session.txt")]
    assert verbs == [
        "wait-for", "press", "wait-for", "opening", "wait-for", "run", "hold", "wait-for", "closing", "wait-for",
    ]  # fmt: skip


def test_lines_times_and_comments():
    text = "# first\n\nwait 500ms # a little\nwait-for sealed 2m\nsay number #1 of 2\nopening\nclosing quick"
    assert parse(text, "x") == [
        Action(3, "wait", "", 0.5),
        Action(4, "wait-for", "sealed", 120.0),
        Action(5, "say", "number #1 of 2"),
        Action(6, "opening", "natural"),
        Action(7, "closing", "quick"),
    ]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("press record\njump high\n", "line 2: there is no action 'jump'"),
        ("press nose\n", "line 1: press needs one of record, mark"),
        ("press\n", "line 1: press needs one of record, mark"),
        ("wait\n", "line 1: wait needs a time"),
        ("wait 3 parsecs\n", "line 1: 'parsecs' is too much"),
        ("wait soon\n", "'soon' is no time"),
        ("fault flood\n", "line 1: fault needs one of camera-stall"),
        ("kill init\n", "line 1: kill needs one of vault"),
        ("# nothing\n", "the script does nothing"),
    ],
)
def test_a_mistake_names_its_line(script, words):
    with pytest.raises(UsageError, match=r"^x[:,]") as caught:
        parse(script, "x")
    assert words in str(caught.value)


@pytest.mark.parametrize(("text", "value"), [("20s", 20), ("1.5s", 1.5), ("250ms", 0.25), ("2m", 120), ("7", 7)])
def test_times(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "-1s", "1h", "1e9s", "99999999s", "1.2345s"])
def test_no_times(text):
    with pytest.raises(UsageError):
        seconds(text)


@given(st.text(max_size=100))
def test_no_text_crashes(text):
    with contextlib.suppress(UsageError):
        parse(text, "x")
