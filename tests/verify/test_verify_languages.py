"""What people read of a verdict and of a recording's story, in each language; nothing half-translated."""

import ast
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result
from verify_build import Maker, Unit, dead, sealed

import kuager
from kuager.catalogue import LANGUAGES, load_catalogue
from kuager.catalogue.reading import Reader
from kuager.cli import main
from kuager.evidence.manifest import Manifest
from kuager.evidence.records import Cause, Event, IntervalEnded, Mode, State, Stream
from kuager.evidence.rules_table import RULES, Leads
from kuager.evidence.verdict import Outcome
from kuager.session import buttons
from kuager.verify import folder, timeline

ROOT = Path(kuager.__file__).parent
ALL = load_catalogue("en").spoken | load_catalogue("en").shown
READERS = {language: Reader(language) for language in LANGUAGES}
DATA = {
    "opened", "died", "closed", "checkpoint", "kuager", "verify", "trust", "SEI", "UTC", "SHA", "unit", "video", "jpg"
}  # fmt: skip
"""Latin words that are no language: names of the format, of files, and of commands."""


def calls(*rooms: str) -> Iterator[ast.Call]:
    for room in rooms:
        for path in (ROOT / room).glob("*.py"):
            yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def named(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_every_rule_has_its_sentences_and_none_is_unused() -> None:
    words = READERS["ru"]
    sources = [*(ROOT / "evidence").glob("*.py"), *(ROOT / "verify").glob("*.py")]
    texts = set(re.findall(r'"([a-z-]+)"', "".join(path.read_text("utf-8") for path in sources)))
    for code in RULES:
        sentences = {each.partition(".")[2] for each in ids(code)}
        assert sentences, code
        assert sentences <= texts, code
    for each in (*Outcome, *Leads):
        assert f"verdict.{each.name.lower().replace('_', '-')}" in words


def ids(group: str) -> set[str]:
    return {each for each in ALL if each.startswith(f"{group}.")}


def test_closed_vocabularies_have_their_words() -> None:
    for group, keys in {
        "cause": get_args(Cause),
        "state": get_args(State),
        "stream": get_args(Stream),
        "screen": get_args(Mode),
        "tongue": LANGUAGES,
        "field": {*Manifest.__struct_fields__} - {"files", "protections", "head", "records", "sums"},  # told otherwise
        "irregular": {*folder._KINDS.values(), "other"},
    }.items():
        assert {f"{group}.{key}" for key in keys} <= ids(group)


def test_what_the_session_journals_has_its_words() -> None:
    words = READERS["en"]
    events = [call for call in calls("session") if named(call) == "note" and call.args and constant(call.args[0])]
    assert len(events) > 8
    for call in events:
        code, given = constant(call.args[0]), {keyword.arg for keyword in call.keywords}
        for form in {"warning": ["warning-on", "warning-over"]}.get(code, [code]):
            assert words.slots(f"event.{form}") <= given, code
    said = {"_answer": "answer", "_refuse": "refusal"}
    for node in ast.walk(ast.parse(inspect.getsource(buttons))):
        if isinstance(node, ast.Call) and named(node) in said:
            assert f"{said[named(node)]}.{constant(node.args[3])}" in words


def test_phrases_that_capture_puts_beside_a_gap_have_their_words() -> None:
    phrases = {
        constant(keyword.value) for call in calls("capture") for keyword in call.keywords if keyword.arg == "detail"
    }
    assert len(phrases - {""}) > 3
    for phrase in phrases - {""}:
        assert f"detail.{phrase.replace(' ', '-')}" in READERS["en"], phrase


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_no_sentence_of_a_catalogue_is_left_in_english(language: str) -> None:
    words = READERS[language]
    for code in (
        *RULES,
        "verdict",
        "show",
        "event",
        "answer",
        "refusal",
        "detail",
        "missing",
        "irregular",
        "cause",
        "error",
    ):
        for each in ids(code):
            values = dict.fromkeys(words.slots(each), "7")
            latin = set(re.findall(r"[A-Za-z]{2,}", words(each, **values)))
            assert latin <= DATA, each
            assert re.search(r"[А-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі]{2,}|7", words(each, **values)), each


def kuager_(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)


@pytest.fixture
def troubled(tmp_path: Path, unit: Unit) -> Path:
    """A carrier with what may be told of recordings: cut off, changed, missing, strange, ended early."""
    changed = sealed(tmp_path, unit, 42).path
    data = bytearray((changed / "video-01.mp4").read_bytes())
    data[1000] ^= 1
    (changed / "video-01.mp4").write_bytes(data)
    (changed / "photo-0001.jpg").write_bytes(b"other")
    (changed / "manifest.sig").unlink()
    (changed / "extra").write_bytes(b"x")
    (dead(tmp_path, unit, 43).path / "journal-01.cborseq").write_bytes(b"")
    maker = Maker(tmp_path, unit, 44)
    maker.begin()
    maker.run(3)
    maker.extras()
    maker.record("event", Event(code="press", data={"button": "mark", "gesture": "hold", "answer": "chapter"}))
    maker.end()
    maker.close(cause="heat", missing=["closing-dialogue"])
    maker.seal()
    return tmp_path


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_a_verdict_is_told_in_one_language(troubled: Path, language: str) -> None:
    result = kuager_("verify", troubled, "--lang", language)
    lines = result.output.splitlines()
    assert result.exit_code == 1
    assert len(lines) > 12
    for line in lines:
        rest = re.sub(
            r"KZ0417\S*|K\d{3}|[\w-]+\.(cborseq|mp4|jpg|pem|sig|tbs|cbor)|\S+T\S+Z|SHA256SUMS|extra", "", line
        )
        assert set(re.findall(r"[A-Za-z]{2,}", rest)) <= DATA, line


def test_the_languages_tell_the_same(troubled: Path) -> None:
    told = {language: kuager_("verify", troubled, "--lang", language).output for language in LANGUAGES}
    codes = {language: re.findall(r"^    (K\d{3})", output, re.M) for language, output in told.items()}
    assert codes["ru"] == codes["kk"] == codes["en"]
    assert "не подлинно" in told["ru"]
    assert "түпнұсқа емес" in told["kk"]
    assert "перегрев; отсутствует: заключительная часть" in told["ru"]


def test_json_is_the_same_whatever_the_language(troubled: Path) -> None:
    outputs = {kuager_("verify", troubled, "--json", "--lang", language).output for language in LANGUAGES}
    assert len(outputs) == 1
    first = json.loads(outputs.pop())["recordings"][0]["findings"][0]
    assert first["text"].isascii()
    assert first["says"] == "changed"


def test_the_locale_chooses_where_nobody_says(recording: Path) -> None:
    assert "проверить нельзя" in kuager_("verify", recording, LC_ALL="", LANG="ru_KZ.UTF-8").output
    assert "Не болды" in kuager_("show", recording, LC_ALL="kk_KZ.UTF-8").output
    assert "cannot be checked" in kuager_("verify", recording, LC_ALL="C").output
    assert kuager_("verify", recording, "--lang", "de").exit_code == 64


@pytest.mark.parametrize("width", ["80", "120"])
@pytest.mark.parametrize("language", ["ru", "kk"])
def test_the_story_is_told_in_one_language(troubled: Path, language: str, width: str) -> None:
    shown = kuager_("show", troubled, "--lang", language, COLUMNS=width).output
    assert all(len(line) <= int(width) for line in shown.splitlines())
    story = "\n".join(line for line in shown.splitlines() if not line.startswith(("│", "╭", "╰", "    SHA-256")))
    rest = re.sub(r"[\w-]+\.(cborseq|mp4|jpg)|battery-low.*", "", story)
    assert set(re.findall(r"[A-Za-z]{3,}", rest)) <= DATA
    assert "Кнопка «метка», удержание: метка" in shown or language == "kk"


def test_words_that_nobody_knows_are_told_as_they_were_written() -> None:
    words = READERS["ru"]
    assert timeline.event(Event(code="new-thing", data={"a": 1}), words) == "new-thing: a 1"
    assert timeline.event(Event(code="press", data={"button": "x"}), words) == "press: button x"
    assert timeline.event(Event(code="warning", data={"code": "camera", "active": False}), words).startswith("Предупр")
    ended = IntervalEnded(interval=1, cause="software", last_us=0, last_utc_us=0, detail="Unheard of")
    assert timeline._detail(ended.detail, words) == " («Unheard of»)"
