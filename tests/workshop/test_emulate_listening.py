"""The loudspeaker's recording: what the harness asks of the guest's agent, which here runs on the host."""

import json
from pathlib import Path
from typing import Any

import pytest

from kuager_workshop.emulate import EmulatorError, surroundings
from kuager_workshop.emulate.agent import Agent
from kuager_workshop.emulate.guest import agent as guest

_SOUND = """sh -c 'while :; do printf "\\001\\000"; sleep 0.01; done > "$0"'"""


class Here(Agent):
    """The guest's agent without a guest."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self._guest = guest.Agent()

    def ask(self, do: str, timeout_s: float = 0.0, **arguments: Any) -> dict[str, Any]:
        """Answered at once, in the words that would go over the port."""
        said = json.loads(self._guest.answer(json.dumps({"id": 1, "do": do, **arguments}).encode()))
        if "error" in said:
            raise EmulatorError(said["error"])
        done: dict[str, Any] = said["done"]
        return done


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the sound of this test goes."""
    monkeypatch.setattr(surroundings, "_HEARD", str(tmp_path / "heard"))
    return tmp_path / "heard"


def test_a_recording_that_did_not_begin_is_begun_anew(heard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = heard.with_name("once")
    busy = f"test -e {once} || {{ touch {once}; echo busy; exit 1; }}; exec {_SOUND}"
    monkeypatch.setattr(surroundings, "_RECORD", busy)
    heard.write_bytes(b"of the time before")
    with surroundings.listening(Here()) as ear:
        assert heard.stat().st_size  # it has begun
    assert ear.samples.size
    assert (ear.samples == 1).all()
    assert once.exists()


@pytest.mark.parametrize(
    ("record", "said"), [("echo busy; false", "recorded: busy"), ("sleep 60;", "nothing to record")]
)
def test_one_that_never_begins_is_said_so(heard: Path, monkeypatch: pytest.MonkeyPatch, record: str, said: str) -> None:
    monkeypatch.setattr(surroundings, "_RECORD", record)
    monkeypatch.setattr(surroundings, "_BEGIN_S", 0.5)
    with pytest.raises(EmulatorError, match=said), surroundings.listening(Here()):
        pass
    assert not heard.exists()
