from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuager import hardware
from kuager.errors import UsageError
from kuager.settings import Settings, dump, load, load_or_default


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_gives_the_defaults_under_the_state_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    settings = load(write(tmp_path, ""))
    assert settings == Settings()
    assert settings.carrier.path == tmp_path / "state" / "kuager" / "carrier"
    assert load(Path("/dev/null")) == settings


def test_paths_are_relative_to_the_file_and_know_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/officer")
    settings = load(write(tmp_path, '[camera]\npath = "clip.mp4"\n[carrier]\npath = "~/card"\n'))
    assert settings.camera.path == tmp_path / "clip.mp4"
    assert settings.carrier.path == Path("/home/officer/card")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ('[unit]\nname = "KZ1"\n\n[camera]\ncolour = 1\n', 5, "colour"),
        ('[unit]\nname = "KZ1"\n[cammera]\nrate = 30\n', 3, "cammera"),
        ("# a comment\n[camera]\nrate = 30\nwidth = 1281\n", 4, "width"),
        ('[unit]\nlanguage = "de"\n', 2, "language"),
        ('[unit]\nname = "K\n', 2, "Illegal"),
        ('unit.name = "white space"\n', 1, "unit.name"),
        ("speed = 1\n", 1, "speed"),
        ("unit = 3\n", 1, "unit"),
        ('[procedure]\n"pre_roll_s" = 121\n', 2, "pre_roll_s"),
        ("[carrier]\npath = 7\n", 2, "path"),
        ('[carrier]\npath = ""\n', 2, "path"),
        ("[unit]\nname = 'KZ1'\nname = 'KZ2'\n", 3, "overwrite"),
        ('[unit]\nname = "KZ1\\n"\n', 2, "unit.name"),
        ('[procedure]\npack = "kz-2012-68\\n"\n', 2, "procedure.pack"),
        ('[procedure]\naction = "search\\n"\n', 2, "procedure.action"),
    ],
)
def test_a_mistake_names_its_line(tmp_path, text, line, word):
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match=f"line {line}:.*{word}") as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert load_or_default(path)[1] == str(caught.value)


def test_what_is_good_is_kept(tmp_path):
    settings, complaint = load_or_default(
        write(tmp_path, '[unit]\nname = "KZ9"\nlanguage = "de"\n[camera]\nrate = 15\n[nonsense]\nx = 1\n')
    )
    assert (settings.unit.name, settings.unit.language, settings.camera.rate) == ("KZ9", "ru", 15)
    assert complaint is not None


def test_before_a_syntax_error_all_counts(tmp_path):
    settings, complaint = load_or_default(write(tmp_path, '[unit]\nname = "KZ9"\n[camera\nrate = 15\n'))
    assert settings.unit.name == "KZ9"
    assert settings.camera == Settings().camera
    assert "line 3" in str(complaint)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"x" * 300_000, b"a=" + b"[" * 20_000, b"[unit]\nname=\x00"])
def test_no_settings_file_at_all(tmp_path, raw):
    path = tmp_path / "settings.toml"
    path.write_bytes(raw)
    settings, complaint = load_or_default(path)
    assert settings == Settings()
    assert complaint is not None
    assert "\n" not in complaint


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        load(tmp_path / "none.toml")
    assert load_or_default(tmp_path / "none.toml")[0] == Settings()


def test_dump_reads_back(tmp_path):
    settings = load(
        write(
            tmp_path,
            '[signals]\ndiscreet = true\n[unit]\noperator = "A \\"B\\" \\\\ C\\u0007"\n[camera]\npath = "a.mp4"\n',
        )
    )
    assert load(write(tmp_path, dump(settings))) == settings


@given(st.text(max_size=200))
def test_no_text_crashes(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    load_or_default(path)


def test_the_example_is_the_defaults_and_names_every_key():
    example = Path(__file__).parents[2] / "firmware" / "kuager" / "settings.example.toml"
    assert load(example) == Settings()
    lines = example.read_text(encoding="utf-8").replace("# ", "").splitlines()
    named = [line.split(" = ")[0] for line in lines if " = " in line]
    sections = [getattr(Settings(), field) for field in Settings.__struct_fields__]
    assert named == [key for section in sections for key in section.__struct_fields__]


def test_a_board_gives_what_the_file_does_not_say(tmp_path):
    settings = load(write(tmp_path, '[unit]\nboard = "pi-5"\n[camera]\nrate = 25\n'))
    assert (settings.camera.kind, settings.camera.encoder, settings.camera.rate) == ("picamera2", "libav", 25)
    assert (settings.microphone.kind, settings.voice.loudspeaker) == ("pyaudio", "pyaudio")
    assert load(write(tmp_path, dump(settings))) == settings


def test_more_than_the_board_sustains_is_a_mistake_and_is_cut_down_on_a_unit(tmp_path):
    path = write(tmp_path, '[unit]\nboard = "emulated"\n\n[camera]\nwidth = 1920\nheight = 1080\nrate = 2\n')
    with pytest.raises(UsageError, match=r"line 5: camera.width: .* sustains no more than 640"):
        load(path)
    settings, complaint = load_or_default(path)
    assert (settings.camera.width, settings.camera.height, settings.camera.rate) == (640, 480, 2)
    assert "sustains" in str(complaint)


@pytest.mark.parametrize("board", ["pi-9", "/nowhere/board.toml"])
def test_a_board_that_nobody_described_is_told_and_the_rest_counts(tmp_path, board):
    settings, complaint = load_or_default(write(tmp_path, f'[unit]\nname = "KZ9"\nboard = "{board}"\n'))
    assert (settings.unit.name, settings.unit.board) == ("KZ9", board)
    assert "the board file can't be read" in str(complaint)


def test_what_is_wrong_in_a_board_file_costs_that_key_only(tmp_path):
    text = (Path(__file__).parents[2] / "hw" / "boards" / "pi-5.toml").read_text(encoding="utf-8")
    board = tmp_path / "mine.toml"
    board.write_text(text.replace('preset = "superfast"', 'preset = "fastest"'), encoding="utf-8")
    path = write(tmp_path, f'[unit]\nboard = "{board}"\n')
    with pytest.raises(UsageError, match=r"mine.toml, line \d+: camera.preset"):
        load(path)
    settings, _ = load_or_default(path)
    assert (settings.camera.kind, settings.camera.preset) == ("picamera2", Settings().camera.preset)


@pytest.fixture
def pi_5(tmp_path, monkeypatch):
    model = tmp_path / "model"
    model.write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    monkeypatch.setattr(hardware, "_MODEL", model)


@pytest.mark.usefixtures("pi_5")
def test_auto_is_the_board_that_the_device_tree_names(tmp_path):
    settings = load(write(tmp_path, '[unit]\nboard = "auto"\n'))
    assert (settings.unit.board, settings.camera.kind) == ("pi-5", "picamera2")
    assert load(write(tmp_path, "")).unit.board == "virtual"


def test_auto_on_a_machine_that_is_no_board_says_what_to_do(tmp_path):
    path = write(tmp_path, '[unit]\nboard = "auto"\n')
    with pytest.raises(UsageError, match="name one, or virtual"):
        load(path)
    assert load_or_default(path)[0].unit.board == "virtual"


@pytest.mark.usefixtures("pi_5")
@pytest.mark.parametrize("text", ["[unit\n", '[unit]\nname = "white space"\n'])
def test_a_real_unit_whose_settings_are_wrong_is_no_virtual_one(tmp_path, text):
    settings, complaint = load_or_default(write(tmp_path, text))
    assert (settings.unit.board, settings.camera.kind, settings.microphone.kind) == ("pi-5", "picamera2", "pyaudio")
    assert complaint


@pytest.mark.parametrize("section", ["camera", "microphone"])
def test_a_real_unit_plays_no_file_as_its_sensor(tmp_path, section):
    path = write(tmp_path, f'[unit]\nboard = "pi-5"\n[{section}]\nkind = "replay"\n')
    with pytest.raises(UsageError, match=rf"line 4: {section}.kind: a real unit records what is there"):
        load(path)
    assert getattr(load_or_default(path)[0], section).kind == "auto"
    bare = tmp_path / "bare.toml"
    text = (Path(__file__).parents[2] / "hw" / "boards" / "pi-5.toml").read_text(encoding="utf-8")
    bare.write_text(text.replace('kind = "picamera2"', "").replace('kind = "pyaudio"', ""), encoding="utf-8")
    settings, _ = load_or_default(write(tmp_path, f'[unit]\nboard = "{bare}"\n'))
    assert (settings.camera.kind, settings.microphone.kind) == ("auto", "auto")


def test_a_board_of_its_own_is_never_the_virtual_one(tmp_path):
    text = (Path(__file__).parents[2] / "hw" / "boards" / "virtual.toml").read_text(encoding="utf-8")
    mine = tmp_path / "mine.toml"
    mine.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"line \d+: a board of its own needs a name of its own"):
        hardware.load(mine)
    found, complaint = hardware.load_or_default(str(mine))
    assert not found.virtual
    assert complaint
