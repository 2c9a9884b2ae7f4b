"""Through the door that people use: `kuager verify` and `kuager show`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from verify_build import Maker, Unit, dead, sealed

from kuager.cli import COMMANDS, main
from kuager.evidence.records import Event, Prompt


@pytest.fixture
def trust(tmp_path: Path, unit: Unit) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(unit.anchor)
    return str(path)


def kuager(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_exit_codes_are_the_verdicts(tmp_path: Path, unit: Unit, trust: str) -> None:
    good = sealed(tmp_path / "good", unit).path
    early = dead(tmp_path / "early", unit).path
    bad = sealed(tmp_path / "bad", unit, 43).path
    (bad / "video-01.mp4").write_bytes(b"other")
    unknown = sealed(tmp_path / "unknown", Unit(), 44).path
    assert kuager("verify", good, "--trust", trust).exit_code == 0
    assert kuager("verify", early, "--trust", trust).exit_code == 3
    assert kuager("verify", bad, "--trust", trust).exit_code == 1
    assert kuager("verify", good).exit_code == 2
    assert kuager("verify", unknown, "--trust", trust).exit_code == 2
    assert kuager("verify", good, early, "--trust", trust).exit_code == 1, "one number twice"
    assert kuager("verify", good, unknown, "--trust", trust).exit_code == 2
    assert kuager("verify", good, unknown, bad, "--trust", trust).exit_code == 1


def test_the_persons_mistakes_are_64_and_one_sentence(tmp_path: Path, recording: Path, trust: str) -> None:
    for arguments in (
        ["verify"],
        ["verify", tmp_path / "nowhere"],
        ["verify", tmp_path / "ca.pem"],
        ["verify", recording, "--trust", tmp_path / "nowhere"],
        ["verify", recording, "--trust", recording / "video-01.mp4"],
        ["verify", recording, "--nonsense"],
        ["nonsense"],
        ["show", tmp_path / "nowhere"],
    ):
        result = kuager(*arguments)
        assert result.exit_code == 64, arguments
        assert "Traceback" not in result.output


def test_the_verdict_is_one_line_and_findings_stand_below(recording: Path, trust: str) -> None:
    data = bytearray((recording / "video-01.mp4").read_bytes())
    data[1000] ^= 1
    (recording / "video-01.mp4").write_bytes(data)
    lines = kuager("verify", recording, "--trust", trust).stdout.splitlines()
    assert lines[0].startswith(
        f"{recording.name}: not authentic, TRAINING (development authority): video-01.mp4, bytes "
    )
    assert "(K401)" in lines[0]
    assert all(line.startswith("    K") for line in lines[1:])


def test_json_has_the_documented_shape(tmp_path: Path, recording: Path, trust: str) -> None:
    (recording / "video-02.mp4").write_bytes(b"short")
    document = json.loads(kuager("verify", recording, "--trust", trust, "--json").stdout)
    assert document["schema"] == "kuager-verify/1"
    assert document["verdict"] == "not authentic"
    assert document["exit_code"] == 1
    (one,) = document["recordings"]
    assert one["number"] == 42
    assert one["training"] is True
    cut = next(found for found in one["findings"] if found["code"] == "K403")
    assert cut["file"] == "video-02.mp4"
    assert cut["bytes"] == [5, 2688]
    assert cut["time"][0]["utc"].endswith("Z")
    assert cut["time"][0]["utc_us"] < cut["time"][1]["utc_us"]
    readme = Path(sys.modules["kuager.verify"].__file__ or "").with_name("README.md").read_text()
    for key in [*document, *one, *cut, *one["files"][0]]:
        assert f"`{key}`" in readme, key


def test_frames_are_looked_at_on_request_only(recording: Path, trust: str) -> None:
    assert "K805" not in kuager("verify", recording, "--trust", trust).stdout
    result = kuager("verify", recording, "--trust", trust, "--frames")
    assert "K805 note: video-01.mp4" in result.stdout
    assert result.exit_code == 0


def test_verify_needs_neither_camera_nor_pins_nor_screen(recording: Path) -> None:
    code = (
        "import sys; from kuager.cli import main\n"
        f"try: main(['verify', {str(recording)!r}])\n"
        "except SystemExit as end: print(end.code)\n"
        "print([name for name in ('av', 'numpy', 'gpiozero', 'textual', 'rich') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-2:] == ["2", "[]"]


def test_help_imports_no_command(tmp_path: Path) -> None:
    result = kuager("--help")
    assert result.exit_code == 0
    assert all(name in result.output for name in COMMANDS)


def tale(root: Path, unit: Unit) -> Path:
    """A recording with hostile words in it."""
    maker = Maker(root, unit)
    maker.begin()
    maker.run(4)
    maker.extras()
    maker.photo()
    evil = "\x1b]0;owned\x07\x1b[2J\u202efdp.exe\u2066\r\nBELL"
    maker.record("prompt", Prompt(prompt="x", language="ru", text=evil, from_us=0, to_us=0))
    maker.record("event", Event(code="note", data={evil: "[bold red]" + evil}))
    maker.end()
    maker.close(cause="power", missing=[evil])
    return maker.seal()


@pytest.mark.parametrize("width", [80, 120])
def test_show_tells_the_story_in_the_terminals_width(
    tmp_path: Path, unit: Unit, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    path = tale(tmp_path, unit)
    result = kuager("show", path)
    assert result.exit_code == 0
    for words in (
        *("Interval 1 begins", "the record button", "Запись включена", "Chapter 1: Place (clause 7)", "Gap in the"),
        *("battery-low", "photo-0001.jpg", "loss of power", "kz-2012-68", "first recording", "SHA-256"),
    ):
        assert words in result.output, words
    assert all(cell_len(line) <= width for line in result.output.splitlines())


def test_control_characters_in_the_data_never_reach_the_terminal(
    tmp_path: Path, unit: Unit, trust: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    path = tale(tmp_path, unit)
    (path / "evil\x1b[2J\n.txt").write_text("x")
    for arguments in (["show", path], ["verify", path], ["verify", path, "--trust", trust], ["verify", path, "--json"]):
        output = kuager(*arguments).output
        assert not {"\x1b", "\x07", "\r", "\u202e", "\u2066"} & set(output), arguments
    assert "\\x1b[2J" in kuager("verify", path).output
    assert "[bold red]" in kuager("show", path).output


def test_show_of_a_journal_that_is_none_says_so(recording: Path) -> None:
    (recording / "journal-01.cborseq").write_bytes(bytes(1000))
    result = kuager("show", recording)
    assert result.exit_code == 0
    assert "no journal here" in result.output


def test_show_of_a_dead_recording_says_since_when(dead_recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    output = kuager("show", dead_recording).output
    assert "died: loss of power; nothing after this is proven" in output
    assert "Recovery found the recording dead" in output
