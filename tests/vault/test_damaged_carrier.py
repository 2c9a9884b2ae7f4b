"""A carrier damaged anywhere: the vault starts, the next recording is acknowledged, nobody crashes on the old ones."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vault_world import World

from kuager.cli import main


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A carrier with one sealed recording, one that was never closed, and the unit journal's copy."""
    world = World(tmp_path_factory.mktemp("master"))
    world.boot()
    world.whole(2)
    world.record(world.open(), 3, take=2)
    world.wait(1.1)
    world.kill()
    return world.root


damage = st.tuples(
    st.integers(0, 10**6),
    st.sampled_from(["flip", "cut", "zero", "remove", "swap", "grow"]),
    st.integers(0, 10**6),
    st.binary(min_size=1, max_size=40),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(damage, min_size=1, max_size=4))
def test_no_damage_stops_the_next_recording(
    master: Path, tmp_path_factory: pytest.TempPathFactory, done: list[tuple[int, str, int, bytes]]
) -> None:
    root = tmp_path_factory.mktemp("damaged")
    shutil.copytree(master, root, dirs_exist_ok=True)
    files = sorted(path for path in (root / "carrier").rglob("*") if path.is_file())
    for which, how, at, data in done:
        spoil(files, which, how, at, data)
    for name in (root / "carrier").glob("KZ0417-0*"):
        for arguments in (["recover", str(name)], ["recover", str(name), "--out", str(root / "out")]):
            result = CliRunner().invoke(main, arguments)
            assert result.exit_code in (0, 2, 3), result.output
    world = World(root)
    world.clock.advance(100)
    world.boot(bytes(15) + b"2")
    opened = world.open(continues=True)
    assert opened.number == 3
    world.record(opened, 2)
    assert world.acknowledged == world.sequence
    world.kill()
    shutil.rmtree(root)


def spoil(files: list[Path], which: int, how: str, at: int, data: bytes) -> None:
    path, other = files[which % len(files)], files[(which + at) % len(files)]
    if not path.exists() or not other.exists():
        return
    content = path.read_bytes()
    place = at % (len(content) + 1)
    match how:
        case "flip":
            content = content[:place] + data + content[place + len(data) :]
        case "cut":
            content = content[:place]
        case "zero":
            content = content[:place] + bytes(len(content) - place)
        case "swap":
            content = other.read_bytes()
        case "grow":
            content += data * 2000
        case "remove":
            path.unlink()
            return
    path.write_bytes(content)
