"""Where the page is, and who may open it."""

import os
import socket
import stat
from pathlib import Path

import pytest

from kuager.board.page import link
from kuager.errors import UsageError


def test_what_is_made_is_loaded_and_only_ours_to_read(tmp_path: Path) -> None:
    made = link.make(tmp_path, "127.0.0.1", 0)
    assert link.load(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "page.json").stat().st_mode) == 0o600
    assert made.url == f"http://127.0.0.1:{made.port}/?key={made.key}"
    assert len(made.key) >= 32


def test_every_start_has_a_new_key(tmp_path: Path) -> None:
    assert link.make(tmp_path, "127.0.0.1", 0).key != link.make(tmp_path, "127.0.0.1", 0).key


def test_a_port_in_use_is_left_to_its_user(tmp_path: Path) -> None:
    with link.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        made = link.make(tmp_path, "127.0.0.1", port)
        assert made.port != port


def test_a_page_process_that_starts_again_gets_its_port_again(tmp_path: Path) -> None:
    made = link.make(tmp_path, "127.0.0.1", 0)
    for _ in range(2):
        with link.listen(made.host, made.port) as listener, socket.create_connection((made.host, made.port)) as caller:
            accepted, _ = listener.accept()
            accepted.close()  # first: the port then waits, as after a kill
            assert caller.recv(1) == b""


@pytest.mark.parametrize("host", ["example.org", "", "127.0.0.1:80", "localhost"])
def test_a_name_is_no_address(tmp_path: Path, host: str) -> None:
    with pytest.raises(UsageError, match="IP address"):
        link.make(tmp_path, host, 0)


def test_an_address_that_is_not_this_machines_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"203\.0\.113\.1"):
        link.make(tmp_path, "203.0.113.1", 0)


def test_a_link_file_is_never_written_through_somebody_elses_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    os.symlink(victim, tmp_path / "page.json")
    link.make(tmp_path, "127.0.0.1", 0)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("text", [None, "", "{}", "[1]", '{"host": 1}'])
def test_no_link_is_told_in_a_sentence(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "page.json").write_text(text)
    with pytest.raises(UsageError, match="kuager run --page"):
        link.load(tmp_path)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert link.Link(host="::1", port=8417, key="k").url == "http://[::1]:8417/?key=k"


def test_where_all_addresses_are_meant_the_link_is_for_this_machine() -> None:
    assert link.Link(host="0.0.0.0", port=8417, key="k").url == "http://127.0.0.1:8417/?key=k"
    assert link.Link(host="::", port=8417, key="k").url == "http://[::1]:8417/?key=k"
