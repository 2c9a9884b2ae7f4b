"""Cache, runs, carriers and the machine's command line: what needs no emulation."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from kuager_workshop.cli import COMMANDS, main
from kuager_workshop.emulate import EmulatorError, cache, carrier, layer, parts, runs, surroundings
from kuager_workshop.emulate.machine import FILES, READY, Disks, command, living
from kuager_workshop.emulate.panel import Light, Pins


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/kuager/emulated"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "layer"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text(name)
    return folder


def test_key_tells_parts_apart() -> None:
    assert cache.key(["ab", "c"]) != cache.key(["a", "bc"])
    assert cache.key(["a", b"b"]) == cache.key([b"a", "b"])


def test_what_is_there_is_not_made_again(home: Path) -> None:
    made: list[Path] = []

    def make(place: Path) -> None:
        made.append(place)
        (place / "file").touch()

    first = cache.fetch("kind", "name", make)
    assert first == cache.fetch("kind", "name", make) == home / "kind/name"
    assert (first / "file").exists()
    assert len(made) == 1


def test_half_a_folder_is_never_there(home: Path) -> None:
    left = home / "kind/.making-name-old"
    left.mkdir(parents=True)

    def fail(place: Path) -> None:
        (place / "file").touch()
        raise EmulatorError("no")

    with pytest.raises(EmulatorError):
        cache.fetch("kind", "name", fail)
    assert [each.name for each in (home / "kind").iterdir()] == [".name.lock"]


def test_only_the_folders_used_last_stay(home: Path) -> None:
    for index in range(6):
        os.utime(cache.fetch("kind", f"n{index}", lambda place: None), (index, index))
    gone = cache.prune("kind")
    assert sorted(each.name for each in gone) == ["n0", "n1"]
    assert sorted(each.name for each in (home / "kind").glob("[!.]*")) == ["n2", "n3", "n4", "n5"]


def test_layers_differ_by_package_and_tpm(tmp_path: Path) -> None:
    packages = [tmp_path / name for name in ("one.deb", "two.deb")]
    for index, package in enumerate(packages):
        package.write_bytes(bytes([index]))
    keys = [layer.key(package, tpm) for package in (None, *packages) for tpm in (False, True)]
    assert len(set(keys)) == 6
    assert layer.key(packages[0], False) == keys[2]


def test_newest_package_is_the_one_made_last(tmp_path: Path) -> None:
    assert layer.newest_package(tmp_path) is None
    (tmp_path / "dist").mkdir()
    for age, name in enumerate(("kuager_2_amd64.deb", "kuager_1_amd64.deb", "kuager_1_arm64.deb")):
        (tmp_path / "dist" / name).touch()
        os.utime(tmp_path / "dist" / name, (1000 + age, 1000 + age))
    assert layer.newest_package(tmp_path) == tmp_path / "dist/kuager_1_amd64.deb"


def test_kernel_source_that_changed_is_noticed() -> None:
    assert parts.replaced("a b a", "b", "c") == "a c a"
    with pytest.raises(EmulatorError, match="has changed"):
        parts.replaced("a b a", "a", "c")


def test_run_is_known_by_its_folder(tmp_path: Path, made: Path) -> None:
    folder = runs.create(tmp_path / "run", made, tpm=True)
    run = runs.load(folder)
    assert (run.layer, run.tpm, run.owner) == (str(made), True, None)
    run.carriers["carrier"] = "/image"
    runs.save(folder, run)
    assert runs.load(folder) == run
    shutil.rmtree(made)
    runs.fresh_root(folder)
    assert (folder / runs.ROOT).read_text() == READY


def test_folder_of_something_else_is_left_alone(tmp_path: Path, made: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/letter").touch()
    with pytest.raises(EmulatorError, match="something else"):
        runs.create(tmp_path / "run", made, tpm=False)
    assert (tmp_path / "run/letter").exists()


def test_older_run_in_the_same_folder_gives_way(tmp_path: Path, made: Path) -> None:
    folder = runs.create(tmp_path / "run", made, tpm=False)
    (folder / "tpm-state").mkdir()
    (folder / "console.log").touch()
    assert runs.create(folder, made, tpm=False) == folder
    assert sorted(each.name for each in folder.iterdir()) == sorted([*FILES, "run.json"])


def test_run_of_a_process_that_has_gone_is_cleared_up(made: Path) -> None:
    own, lost = (runs.create(None, made, tpm=False) for _ in range(2))
    run = runs.load(lost)
    run.owner = (os.getpid(), 1)  # of that number, but another start
    runs.save(lost, run)
    runs.sweep()
    assert own.exists()
    assert not lost.exists()


def test_pid_file_counts_only_for_a_process_in_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "qemu.pid"
    assert living(file, tmp_path) is None
    file.write_text(str(os.getpid()))
    assert living(file, tmp_path) is None
    assert living(file, Path.cwd()) == os.getpid()


def test_machine_is_emulated_in_software_and_has_no_network(tmp_path: Path) -> None:
    line = command(Disks.of(tmp_path, READY), tpm=False, snapshot=True, clock="utc")
    assert line[line.index("-accel") + 1].startswith("tcg")
    assert "-nodefaults" in line
    assert "-netdev" not in line
    assert "-nic" not in line
    assert line[-2:] == ["-loadvm", "ready"]


def test_devices_are_the_same_with_and_without_snapshot(tmp_path: Path) -> None:
    disks = Disks.of(tmp_path, READY)
    cold = command(disks, tpm=True, snapshot=False, clock="utc")
    assert command(disks, tpm=True, snapshot=True, clock="utc")[: len(cold)] == cold


def test_carrier_is_read_as_it_is_after_a_cut(tmp_path: Path) -> None:
    image = carrier.make(tmp_path / "image", size=16 * carrier.MIB)
    (tmp_path / "a file").write_bytes(b"recorded")
    write = 'mkdir sub\ncd sub\nwrite "a file" "a file"\n'
    subprocess.run(
        ["debugfs", "-w", "-f", "-", str(image)], cwd=tmp_path, input=write.encode(), check=True, capture_output=True
    )
    before = cache.digest(image)
    said = carrier.read(image, tmp_path / "out")
    assert "KUAGER" in said
    assert (tmp_path / "out/sub/a file").read_bytes() == b"recorded"
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["sub"]
    assert cache.digest(image) == before


def test_carriers_are_what_they_are_called(tmp_path: Path) -> None:
    for kind in ("kuager", "tiny"):
        image = carrier.make(tmp_path / kind, kind)
        head = subprocess.run(["dumpe2fs", "-h", str(image)], check=True, capture_output=True, text=True).stdout
        assert "KUAGER" in head
        assert "verity" in head
    assert not any(carrier.make(tmp_path / "blank", "blank").read_bytes())


@pytest.mark.skipif(not shutil.which("mkfs.vfat") or not shutil.which("mcopy"), reason="needs dosfstools and mtools")
def test_foreign_carrier_has_somebodys_file(tmp_path: Path) -> None:
    image = carrier.make(tmp_path / "image", "foreign")
    listed = subprocess.run(["mdir", "-b", "-/", "-i", str(image)], check=True, capture_output=True, text=True).stdout
    assert "IMG_0001.TXT" in listed


def test_blank_carrier_cannot_be_read(tmp_path: Path) -> None:
    image = carrier.make(tmp_path / "image", "blank", 8 * carrier.MIB)
    with pytest.raises(EmulatorError, match="superblock"):
        carrier.read(image, tmp_path / "out")


def test_light_is_compared_as_seen() -> None:
    assert Light(1.0, 0.3, 0.0).near((1, 0.25, 0))
    assert not Light(1.0, 0.6, 0.0).near((1, 0.25, 0))
    assert Light(0.0, 0.01, 0.0).dark
    assert not Light(0.0, 0.2, 0.0).dark


def test_pins_do_not_meet() -> None:
    pins = Pins()
    used = [*pins.inputs.values(), *pins.outputs]
    assert len(set(used)) == len(used)


def test_card_numbers_have_keys() -> None:
    assert [surroundings.key(each) for each in "0aF"] == [("0", False), ("a", False), ("f", True)]
    with pytest.raises(EmulatorError, match="letters and digits"):
        surroundings.key("-")


def test_command_line_lists_its_commands_without_importing_them() -> None:
    done = CliRunner().invoke(main, ["--help"])
    assert done.exit_code == 0
    for name in COMMANDS:
        assert name in done.output


def test_unit_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    for words in (["status"], ["press", "record"], ["cut"], ["light"]):
        done = CliRunner().invoke(main, ["emulate", "--run", str(tmp_path / "none"), *words])
        assert done.exit_code == 70
        assert "there is no emulated unit" in done.output
    assert not (tmp_path / "none").exists()


def test_package_is_asked_for_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kuager_workshop.emulate.commands._CHECKOUT", tmp_path)
    done = CliRunner().invoke(main, ["emulate", "build"])
    assert done.exit_code == 64
    assert "--no-deb" in done.output
