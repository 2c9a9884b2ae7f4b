"""The parent against tiny real children: shell scripts that speak the notification protocol or refuse to."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kuager.errors import UsageError
from kuager.parent import Parent
from kuager.processes import PROCESSES, Process, prepare_run_directory, python_command

NOTIFY = """
import os, socket, signal, sys, time
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def say(text): sock.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
def log(text):
    with open(sys.argv[1], "a") as out: out.write(text + "\\n")
def term(*_):
    log("term " + sys.argv[2]); sys.exit(0)
signal.signal(signal.SIGTERM, term)
log("start " + sys.argv[2] + " " + str(os.getpid()))
"""


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        self.log.touch()
        self.scripts: dict[str, str] = {}
        self.parent: Parent | None = None
        self.code = -1
        self.thread: threading.Thread | None = None

    def start(self, *processes: Process) -> None:
        def command(process: Process) -> list[str]:
            script = NOTIFY + self.scripts[process.name]
            return ["python3", "-S", "-c", script, str(self.log), process.name]

        self.parent = Parent(processes, self.folder, command)

        def body() -> None:
            assert self.parent
            self.code = self.parent.run()

        self.thread = threading.Thread(target=body)
        self.thread.start()

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, self.lines()
            time.sleep(0.01)

    def finish(self) -> None:
        assert self.parent
        assert self.thread
        self.parent.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    if made.thread and made.thread.is_alive():
        made.finish()
    if made.parent:
        made.parent.close()


def started(world: World, name: str) -> list[int]:
    return [int(line.split()[2]) for line in world.lines() if line.startswith(f"start {name} ")]


IDLE = 'say("READY=1")\nwhile True: time.sleep(1)'


def test_a_dead_process_starts_again_alone(world):
    world.scripts = {"a": IDLE, "b": IDLE}
    world.start(Process("a", "a", stop_rank=0), Process("b", "b", stop_rank=1))
    world.until(lambda: bool(started(world, "a") and started(world, "b")))
    assert world.parent.signal("a", signal.SIGKILL)
    world.until(lambda: len(started(world, "a")) == 2)
    assert len(started(world, "b")) == 1
    world.finish()
    assert world.code == 0


def test_stopping_goes_by_rank_and_leaves_nobody(world):
    slow = """def term(*_):
    time.sleep(0.2); log("term " + sys.argv[2]); sys.exit(0)
signal.signal(signal.SIGTERM, term)
"""
    world.scripts = {"last": IDLE, "first": slow + IDLE, "middle": IDLE}
    names = ("last", "first", "middle")
    ranks = {"last": 2, "first": 0, "middle": 1}
    world.start(*(Process(name, name, stop_rank=ranks[name]) for name in names))
    world.until(lambda: all(started(world, name) for name in names))
    time.sleep(0.1)  # the handler is set after the line is written
    world.finish()
    assert [line for line in world.lines() if line.startswith("term")] == ["term first", "term middle", "term last"]
    for name in names:
        assert not Path(f"/proc/{started(world, name)[0]}").exists()


def test_the_watchdog_kills_what_hangs_and_not_what_feeds(world):
    feeds = 'say("READY=1")\nwhile True: time.sleep(0.1); say("WATCHDOG=1")'
    world.scripts = {"hangs": 'say("READY=1")\nsignal.pause()', "feeds": feeds}
    world.start(
        Process("hangs", "hangs", stop_rank=0, watchdog_s=0.5), Process("feeds", "feeds", stop_rank=0, watchdog_s=5.0)
    )
    world.until(lambda: len(started(world, "hangs")) == 2)
    assert len(started(world, "feeds")) == 1


def test_a_process_that_hangs_tells_where_before_it_is_replaced(tmp_path):
    (tmp_path / "hangs.py").write_text(
        "import threading\n"
        "from kuager import notify\n"
        "def stuck_here():\n"
        "    threading.Event().wait()\n"
        "notify.ready()\n"
        "stuck_here()\n"
    )
    (tmp_path / "run").mkdir()
    command = [sys.executable, "-m", "kuager.child", str(os.getpid()), "15", "hangs"]
    with (tmp_path / "out").open("w+b") as out:
        parent = Parent(
            [Process("hangs", "hangs", stop_rank=0, watchdog_s=0.3)], tmp_path / "run", lambda _: command, out
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", str(tmp_path))
            thread = threading.Thread(target=parent.run)
            thread.start()
            end = time.monotonic() + 20
            while "stuck_here" not in (tmp_path / "out").read_text() and time.monotonic() < end:
                time.sleep(0.05)
            parent.stop()
            thread.join(20)
        parent.close()
        assert "stuck_here" in (tmp_path / "out").read_text()


def test_one_that_never_gets_ready_is_killed(world):
    world.scripts = {"a": "signal.pause()"}
    world.start(Process("a", "a", stop_rank=0, ready_s=0.3))
    world.until(lambda: len(started(world, "a")) >= 2)


def test_one_that_ignores_sigterm_is_killed(world):
    world.scripts = {"a": "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + 'log("deaf")\n' + IDLE}
    world.start(Process("a", "a", stop_rank=0, stop_s=0.3))
    world.until(lambda: "deaf" in world.lines())
    world.finish()
    assert not Path(f"/proc/{started(world, 'a')[0]}").exists()


def test_the_terminals_end_ends_all_and_gives_the_code(world):
    world.scripts = {"a": IDLE, "terminal": "time.sleep(0.2); sys.exit(3)"}
    world.start(Process("a", "a", stop_rank=0), Process("terminal", "t", stop_rank=1, terminal=True, restart=False))
    world.thread.join(20)
    assert world.code == 3
    assert "term a" in world.lines()


def test_children_die_with_the_parent(tmp_path):
    (tmp_path / "idle.py").write_text("import time\nprint('here', flush=True)\ntime.sleep(60)\n")
    mother = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'kuager.child', str(os.getpid()), '15', 'idle'],"
        " stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", mother], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout
    child = int(process.stdout.readline())
    handle = os.pidfd_open(child)
    process.kill()
    process.communicate()
    assert select.select([handle], [], [], 20)[0]
    os.close(handle)


def test_a_child_whose_parent_is_gone_does_not_begin(tmp_path):
    (tmp_path / "idle.py").write_text("print('begun')\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "kuager.child", "1", "15", "idle"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def test_one_instance_for_each_run_directory(tmp_path):
    run = tmp_path / "run"
    lock = prepare_run_directory(run)
    assert run.stat().st_mode & 0o777 == 0o700
    with pytest.raises(UsageError, match="another Kuager"):
        prepare_run_directory(run)
    lock.close()
    prepare_run_directory(run).close()


def test_a_run_directory_that_cannot_be(tmp_path):
    with pytest.raises(UsageError, match="too long"):
        prepare_run_directory(tmp_path / ("x" * 100))
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="can't be used"):
        prepare_run_directory(tmp_path / "file")


def test_the_supervisor_is_stopped_first_and_the_vault_last():
    ranked = sorted(PROCESSES, key=lambda process: process.stop_rank)
    assert [process.name for process in ranked] == ["supervisor", "capture", "vault"]
    command = python_command(Path("s.toml"), Path("run"))(ranked[0])
    assert command[-5:] == ["kuager.supervisor", "--settings", "s.toml", "--run", "run"]
