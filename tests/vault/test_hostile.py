"""Whoever speaks on the sockets may say anything: the vault refuses it, goes on, and what it signed stays right."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vault_world import World, fragment_chunk, init_chunk

from kuager import wire
from kuager.evidence.records import Procedure
from kuager.evidence.verdict import Outcome

small = st.integers(0, 3)
moments = st.one_of(st.integers(999_000_000, 1_010_000_000), st.integers(0, 2**53 - 1))
data = st.one_of(
    st.just(init_chunk()),
    st.just(fragment_chunk(7, 200)),
    st.binary(min_size=1, max_size=60),
    st.integers(1, 300).map(lambda cut: fragment_chunk(7, 200)[:cut]),
)
streams = st.lists(st.sampled_from(["video", "sound"]), max_size=4)
causes = st.sampled_from(["press", "camera", "software", "closing"])
flat = st.dictionaries(
    st.text(max_size=5), st.one_of(st.integers(-(2**80), 2**80), st.text(max_size=5), st.booleans()), max_size=3
)
names = st.sampled_from(["rate-step", "x", "a.b"])

media = st.one_of(
    st.fixed_dictionaries(
        {"m": st.just("TakeBegin"), "take": small, "cause": causes, "streams": streams, "first_us": moments,
         "first_utc_us": moments, "mine": st.booleans()}
    ),
    st.fixed_dictionaries(
        {"m": st.just("Fragment"), "take": small, "file": small, "kind": st.sampled_from(["init", "fragment"]),
         "data": data, "first_us": moments, "last_us": moments, "first_utc_us": moments}
    ),
    st.fixed_dictionaries(
        {"m": st.just("GapFound"), "take": small, "stream": st.sampled_from(["video", "sound"]), "cause": causes,
         "from_us": moments, "to_us": moments}
    ),
    st.fixed_dictionaries({"m": st.just("Remark"), "take": small, "code": names, "data": flat}),
    st.fixed_dictionaries(
        {"m": st.just("TakeEnd"), "take": small, "cause": causes, "last_us": moments, "last_utc_us": moments}
    ),
    st.fixed_dictionaries(
        {"m": st.just("Still"), "data": st.one_of(data, st.just(b"\xff\xd8\xff\xd9")), "at_us": moments,
         "at_utc_us": moments, "mine": st.booleans()}
    ),
)  # fmt: skip

KEYS = ["code", "data", "chapter", "item", "title", "at_us", "percent", "prompt"]
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 2**60), st.text(max_size=5), st.binary(max_size=5)),
    lambda inside: st.one_of(st.lists(inside, max_size=2), st.dictionaries(st.text(max_size=3), inside, max_size=2)),
    max_leaves=5,
)
control = st.one_of(
    st.builds(
        wire.Note,
        type=st.sampled_from(["event", "prompt", "chapter", "battery"]),
        body=st.dictionaries(st.sampled_from(KEYS), anything, max_size=5),
    ),
    st.builds(wire.UnitNote, code=names, data=flat),
    st.builds(wire.Remember, session=st.binary(max_size=9)),
    st.builds(wire.SetProcedure, procedure=st.just(Procedure(id="kz-2012-68", title="Instruction", action="search"))),
    st.builds(wire.SetProcedure, procedure=st.just(Procedure(id="us", title="t"))),
    st.builds(wire.CarrierRig, fault=st.just("carrier-gone")),
    st.builds(wire.ClockRig, fault=st.just("clock-lost"), at_us=st.just(1)),
    st.builds(wire.PrepareCarrier),
    st.just("open"),
)  # fmt: skip
steps = st.one_of(media, media, media, control, st.just("time"), st.just("reconnect"))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(steps, max_size=25))
def test_nothing_said_on_the_sockets_breaks_a_recording(said: list[object]):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.boot()
        opened = world.open()
        world.begin(opened, take=0)
        world.init(take=0)
        for step in said:
            play(world, opened, step)
        world.close()
        world.kill()
        verdict = world.verdict(opened.name)
        assert verdict.outcome is Outcome.AUTHENTIC, verdict


def play(world: World, opened: wire.Opened, step: object) -> None:
    match step:
        case "time":
            world.clock.advance(0.3)
            world.vault.tick()
        case "reconnect":
            world.vault.media_opened(world.media)
        case "open":
            procedure = Procedure(id="kz", title="t")
            world.say(wire.OpenRecording(request=99, mode="video", language="ru", procedure=procedure))
            assert world.control.last(wire.VaultTrouble).code == "already-open"
        case dict():
            fields = dict(step)
            kind, mine = getattr(wire, fields.pop("m")), fields.pop("mine", None)
            if mine is not None:
                fields["recording"] = opened.id if mine else bytes(16)
            before = len(world.media.all(wire.Refused))
            sequence = world.hear(kind, **fields)
            refused = world.media.all(wire.Refused)[before:]
            assert len(refused) <= 1
            assert all(each.sequence == sequence and each.reason for each in refused)
        case wire.Message():
            world.say(step)


def test_a_capture_gone_mad_does_not_fill_the_journal(tmp_path: Path):
    world = World(tmp_path)
    world.boot()
    opened = world.open()
    for _ in range(500):
        world.fragment()
    assert len(world.media.all(wire.Refused)) == 500
    assert (world.carrier / opened.name / "journal-01.cborseq").stat().st_size < 60_000
    world.kill()


def test_a_violation_ends_the_take_and_a_new_one_may_begin(tmp_path: Path):
    world = World(tmp_path)
    world.boot()
    opened = world.open()
    world.record(opened, 2)
    world.fragment(data=b"not a fragment")
    world.fragment()
    assert [refused.reason for refused in world.media.all(wire.Refused)][1] == "no take runs"
    world.record(opened, 2, take=2)
    world.end(take=2)
    world.close()
    assert world.verdict(opened.name).outcome is Outcome.AUTHENTIC
    world.kill()


def test_fragments_out_of_order_of_time_or_from_the_future_are_refused(tmp_path: Path):
    world = World(tmp_path)
    world.boot()
    opened = world.open()
    for number, bad in enumerate(({"first_us": 5}, {"last_us": world.clock.boot_us + 3_600_000_000}, {"file": 2}), 1):
        world.record(opened, 2, take=number)
        count = len(world.media.all(wire.Refused))
        world.fragment(take=number, **bad)
        assert len(world.media.all(wire.Refused)) == count + 1
    world.kill()
