"""What no order of events can break, plausible or hostile."""

import re
from importlib import resources
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from session_world import KZ, World, chapters

from kuager import signals
from kuager.session import dump, essence, load, step
from kuager.session import effects as fx
from kuager.session import events as ev
from kuager.session.state import DURABLE_AGE_US
from kuager.session.turn import MAX_NOTES
from kuager.session.waiting import PREPARE_US

IDS = st.sampled_from([bytes(15) + bytes([n]) for n in range(1, 4)])
BUTTONS = st.sampled_from(["record", "record", "record", "mark"])
STREAMS = st.sampled_from([("video", "sound"), ("sound",), ("video",), ()])
CAUSES = st.sampled_from(["press", "closing", "break", "mode", "power", "camera", "carrier", "software", "limit"])
MODES = st.sampled_from(["video", "sound", "stills"])
UNFIT = st.sampled_from(["", "blank", "blank", "foreign"])
DEAD = st.builds(ev.Dead, number=st.integers(1, 3), cause=CAUSES, until_utc_us=st.just(1), age_us=st.integers(0, 10**9))
PROMPTS = st.sampled_from(
    ["opening.recording-on", "action.interrogation", "opening.time-date", "closing.time", "break.reason", "nonsense"]
)
TIMES = st.just(0)


def _event(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, at_us=TIMES, **fields)


OFFICER = [
    _event(ev.Down, button=BUTTONS),
    _event(ev.Press, button=BUTTONS),
    _event(ev.Press, button=BUTTONS),
    _event(ev.Hold, button=BUTTONS),
    _event(ev.ModeSlid, mode=MODES),
    _event(ev.Down, button=BUTTONS, found=st.booleans()),
    _event(ev.Stuck, button=BUTTONS, active=st.booleans()),
    _event(ev.Docked, active=st.booleans()),
]
UNIT = [
    _event(ev.Opened, id=IDS, number=st.integers(1, 9), continues=st.none() | DEAD),
    _event(ev.TakeStarted, streams=STREAMS, cause=CAUSES),
    _event(ev.TakeEnded, cause=CAUSES, acknowledged=st.booleans()),
    _event(ev.Durable, us=st.integers(0, 10**9)),
    _event(ev.SpeechDone, prompt=PROMPTS),
    _event(ev.Tick),
]
TROUBLE = [
    _event(ev.VaultReady, dead=st.none() | DEAD, open_id=st.none() | IDS),
    _event(ev.VaultLost),
    _event(ev.CarrierLost, unfit=UNFIT),
    _event(ev.CarrierFull),
    _event(ev.CarrierBack),
    _event(ev.OpenFailed),
    _event(ev.PrepareFailed),
    _event(
        ev.Trouble,
        part=st.sampled_from(["camera", "microphone", "encoder", "vault"]),
        well=st.booleans(),
        streams=STREAMS,
    ),
    _event(ev.CaptureLost),
    _event(ev.CaptureBack, recording=st.none() | IDS, streams=STREAMS),
    _event(ev.PhotoTaken),
    _event(ev.Sealed, id=IDS),
    _event(ev.SealFailed, id=IDS),
    _event(ev.Warned, code=st.sampled_from(["power-low", "heat"]), active=st.booleans()),
    _event(ev.PowerFail, hold_up_us=st.sampled_from([0, 3_000_000])),
    _event(ev.Heat),
    _event(ev.SupervisorRestarted, open_id=st.none() | IDS),
    _event(ev.Assigned, action=st.sampled_from(["", "search", "dancing"]), operator=st.sampled_from(["", "S."])),
]
LISTED = set(re.findall(r"`([a-z][a-z0-9.-]+)`", resources.files("kuager.procedure").joinpath("README.md").read_text()))
PAUSES = st.sampled_from([0, 1_000, 100_000, 300_000, 1_000_000, 3_000_000, 20_000_000, 70_000_000])
GROUPS = st.sampled_from(
    [
        [ev.Down(at_us=0, button="record"), ev.Press(at_us=0, button="record")] * 2,
        [ev.Press(at_us=0, button="mark")] * 6,
        [
            ev.Hold(at_us=0, button="record"),
            *[ev.Press(at_us=0, button="mark")] * 4,
            ev.Press(at_us=0, button="record"),
        ],
        [ev.TakeEnded(at_us=0, cause="camera"), ev.TakeStarted(at_us=0, streams=("sound",), cause="camera")],
        [ev.CaptureLost(at_us=0), ev.CaptureBack(at_us=0)],
        [ev.VaultLost(at_us=0), ev.VaultReady(at_us=0)],
        [
            ev.CarrierLost(at_us=0, unfit="blank"),
            ev.Down(at_us=0, button="record"),
            ev.Press(at_us=0, button="record"),
        ],
        [ev.Down(at_us=0, button="record"), ev.Hold(at_us=0, button="record")],
        [ev.SupervisorRestarted(at_us=0), ev.VaultReady(at_us=0), ev.CaptureBack(at_us=0)],
    ]
)
PLACES = {
    "new": lambda world: None,
    "ready": lambda world: world.ready(),
    "blank": lambda world: (world.ready().send(ev.CarrierLost, unfit="blank"), world.press("record")),
    "menu": lambda world: world.ready().press("record"),
    "recording": lambda world: world.record("search"),
    "breaking": lambda world: world.record().twice(),
    "break": lambda world: (world.record().twice(), world.press("record")),
    "closing": lambda world: world.record().hold("record"),
    "confirming": lambda world: (world.record().hold("record"), [world.press("mark") for _ in range(4)]),
    "silent": lambda world: (world.ready().send(ev.ModeSlid, mode="stills"), world.record()),
}
ONE = st.one_of(*OFFICER, *OFFICER, *UNIT, *UNIT, *TROUBLE).map(lambda event: [event])
SESSIONS = st.tuples(
    st.sampled_from(sorted(PLACES)),
    st.lists(
        st.tuples(PAUSES, st.one_of(ONE, ONE, ONE, GROUPS), st.sampled_from([True, True, False])),
        min_size=3,
        max_size=40,
    ),
)
LONG = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ALLOWED: dict[str, set[str]] = {
    "starting": {"no-carrier", "starting", "starting-pressed"},
    "ready": {"ready"},
    "sealing": {"sealing"},
    "stopping": {"stopping"},
    "break": {"break"},
    "interrupted": {"interrupted", "interrupted-partly"},
    "opening": {"opening", "not-durable", "stills"},
    "recording": {"recording", "not-durable", "stills"},
    "breaking": {"breaking", "not-durable", "stills"},
    "closing": {"closing", "not-durable", "stills"},
}


class Replay:
    """Plays a random session; after some events a healthy unit answers, after others nobody does."""

    def __init__(self, session: tuple[str, list[Any]]) -> None:
        place, self.events = session
        self.world = World(kind=True)
        PLACES[place](self.world)

    def __iter__(self) -> Any:
        """(state before, event, state after, effects) for every event, those of the healthy unit included."""
        record: list[Any] = []
        world = self.world

        def send(kind: type[Any], after_us: int = 100_000, **fields: Any) -> list[Any]:
            before = world.state
            world.at += after_us
            event = kind(at_us=world.at, **fields)
            world.state, effects = step(before, event, world.rules)
            record.append((before, event, world.state, effects))
            if world.kind:
                for effect in effects:
                    world._answer(effect)
            return effects

        world.send = send  # type: ignore[method-assign]
        for pause, events, healthy in self.events:
            world.kind = healthy
            for event in events:
                fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "at_us"}
                send(type(event), pause if event is events[0] else 200_000, **fields)
        return iter(record)


@LONG
@given(SESSIONS)
def test_phase_and_signal_never_disagree(session):
    running, durable_us = False, 0
    replay = Replay(session)
    held = replay.world.state.recording
    running = held is not None and held.take == "running"
    durable_us = held.durable_us if held else 0
    for _, event, state, _ in replay:
        # What the outside world knows, kept apart from the session's own state.
        match event:
            case ev.TakeStarted():
                running = True
            case ev.CaptureBack(recording=id_):
                running = running or id_ is not None
            case ev.CaptureLost() | ev.VaultLost() | ev.CarrierLost():
                running = False
            case ev.Durable(us=us):
                durable_us = max(durable_us, min(us, event.at_us))
            case ev.Opened():
                durable_us = durable_us if state.recording and state.recording.begun else 0
        assert state.signal in ALLOWED[state.phase]
        if signals.MODES[state.signal].red:
            assert running
            assert event.at_us - durable_us < DURABLE_AGE_US
            assert state.recording is not None
            assert state.recording.id is not None


@LONG
@given(SESSIONS)
def test_no_press_is_lost(session):
    replay = Replay(session)
    answered = lost = pressed = 0
    pending = len([note for note in replay.world.state.notes if note.code == "press"])
    for before, event, state, effects in replay:
        if isinstance(event, ev.Down) and event.found and event.button in before.stuck:
            assert state.acted == before.acted, "no hand did anything"
        elif isinstance(event, ev.Down):
            assert fx.Acknowledge() in effects
            pressed += event.button in state.acted
        elif isinstance(event, ev.Press | ev.Hold) and event.button not in before.acted:
            pressed += 1
            assert event.button in before.felt or fx.Acknowledge() in effects
        answered += sum(getattr(effect, "code", "") == "press" for effect in effects)
        lost += max(0, state.dropped - before.dropped)
        waiting = sum(note.code == "press" for note in state.notes) - pending
        # Answered in a journal, waiting to be, or counted there as not kept.
        assert answered + waiting <= pressed
        assert answered + waiting + lost >= pressed


@LONG
@given(SESSIONS)
def test_sealing_without_the_closing_dialogue_is_forced(session):
    asked: set[str] = set()
    forced: set[str] = set()
    replay = Replay(session)
    asked.update(chapters(replay.world.all))
    for _, event, _, effects in replay:
        forces = {
            ev.PowerFail: "power", ev.Heat: "heat", ev.CarrierFull: "carrier", ev.Shutdown: "shutdown",
            ev.Stuck: "limit",
        }  # fmt: skip
        forced.add(forces.get(type(event), ""))
        asked.update(chapters(effects))
        for close in (effect for effect in effects if isinstance(effect, fx.Close)):
            if close.dialogue:
                assert close.cause == "closing"
                assert asked >= {item.id for item in KZ.closing}
            else:
                assert close.cause in forced
                assert "closing-dialogue" in close.missing
            asked.clear()


@LONG
@given(SESSIONS)
def test_effects_are_asked_of_those_who_can_do_them(session):
    for before, _, state, effects in Replay(session):
        for effect in effects:
            if isinstance(effect, fx.Journal | fx.UnitJournal | fx.Chapter | fx.Close | fx.Open):
                assert before.vault or state.vault
            if isinstance(effect, fx.StartTake):
                assert state.capture
                assert state.recording
                assert effect.recording == state.recording.id
            if isinstance(effect, fx.Open):
                assert state.recording
                assert state.recording.id is None
        assert sum(isinstance(effect, fx.Open | fx.StartTake) for effect in effects) <= 1


@LONG
@given(SESSIONS)
def test_a_carrier_is_prepared_by_a_press_and_then_a_hold_while_it_is_blank_and_by_nothing_else(session):
    replay = Replay(session)
    blank, told_us = "carrier-blank" in replay.world.state.warnings, replay.world.at
    for before, event, _, effects in replay:
        # What the outside world knows of the carrier that is in, and when a press was last told of it.
        match event:
            case ev.CarrierLost(unfit=unfit):
                blank, told_us = unfit == "blank", 0
            case ev.CarrierBack() | ev.VaultReady() | ev.VaultLost() | ev.SupervisorRestarted():
                blank, told_us = False, 0
            case ev.Stuck(button="record", active=True) if "record" not in before.stuck:
                told_us = 0
        if any(isinstance(effect, fx.PrepareCarrier) for effect in effects):
            assert isinstance(event, ev.Hold)
            assert event.button == "record" or "record" in before.stuck, "mark stands in for it"
            assert event.button not in before.acted, "the press that was told and the hold are two"
            assert blank
            assert told_us
            assert event.at_us - told_us <= PREPARE_US
            told_us = 0
        if any(isinstance(effect, fx.Speak) and effect.prompt == "prepare.offer" for effect in effects):
            assert blank
            told_us = event.at_us if isinstance(event, ev.Down | ev.Press | ev.Hold) else told_us


@LONG
@given(SESSIONS)
def test_only_prompts_of_the_list_are_spoken(session):
    for _, _, _, effects in Replay(session):
        for effect in effects:
            if isinstance(effect, fx.Speak):
                assert effect.prompt in LISTED
                assert {argument.key for argument in effect.args.values() if isinstance(argument, fx.Term)} <= LISTED
            if isinstance(effect, fx.Show):
                assert effect.text in LISTED | {""}
            if isinstance(effect, fx.Chapter):
                assert f"title.{effect.item}" in LISTED


@LONG
@given(SESSIONS)
def test_a_state_restored_from_its_bytes_goes_on_alike_and_stays_small(session):
    for before, event, state, effects in Replay(session):
        assert step(load(dump(before)), event, KZ) == (state, effects)
        assert load(dump(state)) == state
        assert len(dump(state)) < 16_384
        assert len(essence(state)) < 16_384
        assert len(state.notes) <= MAX_NOTES + 1


def _finish(world: World) -> None:
    """A patient officer with a healthy unit, from anywhere: ends what runs, then makes a whole recording."""
    world.kind = True
    world.send(ev.VaultReady)
    running = world.state.recording.id if world.state.recording else None
    world.send(
        ev.CaptureBack, recording=running if world.state.recording and world.state.recording.take == "running" else None
    )
    for waiting in world.state.sealing:
        world.send(ev.Sealed, id=waiting.id)
    for _ in range(40):
        if world.state.recording is None and world.state.wanted_us is None:
            break
        held = world.state.recording
        world.pass_time(4)
        if held is None or held.stage == "ending":
            continue
        if held.stage == "break" or (held.stage == "closing" and world.confirming):
            world.press("record")
        elif held.stage == "closing":
            world.press("mark")
        else:
            world.hold("record")
    assert world.state.recording is None
    before = len(world.all)
    world.record()
    world.end()
    assert world.state.phase == "ready"
    assert [effect.dialogue for effect in world.all[before:] if isinstance(effect, fx.Close)] == [True]


@LONG
@given(SESSIONS)
def test_nothing_gets_stuck(session):
    replay = Replay(session)
    for _ in replay:
        pass
    world = World(replay.world.state)
    world.opened = 100
    _finish(world)


@LONG
@given(SESSIONS)
def test_shutting_down_always_comes_to_an_end(session):
    replay = Replay(session)
    for _ in replay:
        pass
    world = World(replay.world.state)
    world.send(ev.Shutdown)
    world.send(ev.VaultReady)
    world.send(ev.CaptureBack)
    for waiting in world.state.sealing:
        world.send(ev.Sealed, id=waiting.id)
    world.pass_time(10)
    assert world.state.done


@LONG
@given(SESSIONS)
def test_a_press_that_asks_for_a_recording_gets_one(session):
    replay = Replay(session)
    for _ in replay:
        pass
    world = World(replay.world.state)
    world.opened = 100
    wanted = world.state.wanted_us is not None or (
        world.state.recording is not None
        and world.state.recording.id is None
        and world.state.recording.stage == "opening"
    )
    world.send(ev.VaultReady)
    world.send(ev.CaptureBack)
    world.pass_time(40)
    if wanted:
        assert world.state.recording is not None
        assert world.state.recording.begun
