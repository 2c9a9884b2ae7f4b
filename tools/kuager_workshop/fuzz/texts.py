"""Targets of what people write: settings, board files, procedure packs, the table of operators, scripts."""

from kuager import hardware, procedure, settings
from kuager.errors import UsageError
from kuager.supervisor.operators import Operators
from kuager.terminal import script
from kuager_workshop.fuzz import structured, workplace
from kuager_workshop.fuzz.target import Refused, expect, refusing, table

_TOML = (
    b"[", b"]", b"[[", b"]]", b'"""', b"'''", b" = ", b"{", b"}", b"\\u005d", b"\\u002e", b"1979-05-27T07:32:00Z",
    b"inf", b"a.a.a.a.a.a.a.a", b"9" * 60, b"[\n", b"1,\n", b"# ", b"\r\n", b"\n\n",
)  # fmt: skip


def _settings(data: bytes) -> None:
    if b"/" in data:  # a board may be named by a path: none but those that are here are to be opened
        data = data.replace(b"/", b"|")
    path = workplace.file(data, "settings.toml")
    found, complaint = settings.load_or_default(path)
    again = workplace.file(settings.dump(found).encode(), "again.toml")
    expect(found.unit.board != "virtual" or settings.load(again) == found, "settings are the same when read again")
    with refusing(UsageError):
        loaded = settings.load(path)
    expect(complaint is None and loaded == found, "good settings bring no complaint")


def _board(data: bytes) -> None:
    path = workplace.file(data, "board.toml")
    found, complaint = hardware.load_or_default(str(path), "Raspberry Pi 5 Model B Rev 1.0")
    numbers = list(found.pins.used().values())
    expect(len(set(numbers)) == len(numbers), "no two parts are on one pin")
    expect(not found.virtual, "a board file of its own is never the virtual board")
    with refusing(UsageError):
        loaded = hardware.load(path)
    expect(complaint is None and loaded == found, "a good board file brings no complaint")


def _pack(data: bytes) -> None:
    with refusing(UnicodeDecodeError):
        text = data.decode()
    with refusing(UsageError):
        found = procedure.load(text, "any.toml")
    for action in found.actions:
        found.procedure(action.id, "chosen", "kk")
    expect(found.closing[-1].confirms, "the last closing item ends the recording")


def _operators(data: bytes) -> None:
    path = workplace.file(data, "operators.toml")
    name, _ = Operators(path).name("04A1B2C3")
    expect(0 < len(name) <= 200, "an operator has a name that a recording can hold")


def _script(data: bytes) -> None:
    with refusing(UnicodeDecodeError):
        text = data.decode()
    try:
        actions = script.parse(text, "any.txt")
    except UsageError as error:
        str(error).encode()
        raise Refused from error
    last = len(text.splitlines())
    expect(all(1 <= each.line <= last for each in actions), "an action has its line")
    for each in actions:
        expect(each.seconds is None or 0 <= each.seconds < 10**8, "a time is bounded")
        str(each).encode()


_TABLE = (*_TOML, b"[operators]\n", b"04A1B2C3 = ")
_ACTIONS = (b"wait-for ", b"press record\n", b"opening quick\n", b"500ms", b"#", b"say ")

TARGETS = table(
    ("settings", _settings, {"longest": 8192, "words": _TOML, "mutate": structured.lines}),
    ("board-file", _board, {"longest": 8192, "words": _TOML, "mutate": structured.lines}),
    ("procedure-pack", _pack, {"longest": 32768, "words": _TOML, "mutate": structured.lines}),
    ("operators", _operators, {"words": _TABLE, "mutate": structured.lines}),
    (
        "script",
        _script,
        {
            "words": _ACTIONS,
            "mutate": structured.lines,
        },
    ),
)
