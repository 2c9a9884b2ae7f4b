"""The benchmark's pieces on tiny sizes: what they measure is there, and what they say is so."""

import json
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from click.testing import CliRunner

from kuager_workshop.bench import __main__ as bench
from kuager_workshop.bench import beacon, cpu, disk, kills, memory, press
from kuager_workshop.bench.figure import Figure, as_json, table
from kuager_workshop.bench.kills import Kill, Proven, acknowledged_lost, newest_lost_us
from kuager_workshop.bench.measure import BenchError, Contender, costs
from kuager_workshop.bench.memory import Sampler
from kuager_workshop.bench.peers import contenders
from kuager_workshop.bench.raw import Form
from kuager_workshop.bench.unit import Acknowledged, Unit

TINY = Form(256, 144, 30, "ultrafast", 30)


@pytest.mark.parametrize(
    ("bound", "value", "met"),
    [("at most", 2, True), ("at most", 3, False), ("at least", 2, True), ("at least", 1, False), ("below", 2, False)],
)
def test_a_limit_is_met_or_not(bound, value, met):
    figure = Figure(group="g", name="n", value=value, unit="s", limit=2, bound=bound)
    assert figure.met is met
    assert json.loads(as_json([figure]))[0]["met"] is met
    assert table([figure]).row_count == 1


def test_the_path_records_and_costs_something(tmp_path):
    form = TINY
    pair = [each for each in contenders(form, tmp_path) if each.name in ("kuager", "bare encoder")]
    frames = [bytes([index % 200]) * form.size for index in range(45)]
    used = costs(pair, frames, form.rate, 15, tmp_path / "log")
    assert [each > 0 for each in used] == [True, True], (tmp_path / "log").read_text()


def test_a_contender_that_fails_is_named(tmp_path):
    broken = Contender("broken", [[sys.executable, "-c", "import sys; sys.stdin.buffer.read(); sys.exit('no codec')"]])
    with pytest.raises(BenchError, match="broken failed: no codec"):
        costs([broken], [b"x"] * 3, 1000, 1, tmp_path / "log")


def test_the_limits_are_of_contenders(tmp_path):
    assert set(cpu.LIMITS) < {each.name for each in contenders(TINY, tmp_path)}


def test_growth_is_a_slope():
    sampler = Sampler()
    sampler.samples = [(float(second), 100.0 + second / 3600 * 7) for second in range(100)]
    assert sampler.growth == pytest.approx(7)
    assert memory.growth(sampler, 1, "g").limit is None
    assert memory.growth(sampler, 30, "g").limit


def test_what_a_kill_lost():
    told = Acknowledged(heard_us=9, recording=b"r", durable_us=10_000_000, bytes=300)
    kill = Kill("capture", 11_000_000, told)
    before = Proven(b"r", 5_000_000, 5_000_000, 10_600_000, 290)
    after = Proven(b"r", 12_000_000, 12_000_000, 12_500_000, 500)
    assert newest_lost_us(kill, [before, after]) == 400_000
    assert acknowledged_lost(kill, [before, after]) == 10
    resumed = Proven(b"s", 10_500_000, 10_500_000, 11_100_000, 400)
    assert newest_lost_us(kill, [before, resumed, after]) == 0


def test_a_recording_is_recovered_and_verified(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "v").mkdir()
    (recovered,) = disk.recovery(tmp_path / "r", 0.01)
    assert 0 < recovered.value < 10_000
    (speed,) = disk.verifying(tmp_path / "v", 0.1, 0.5, 1)
    assert speed.value > 0


def test_flash_and_chirp_are_found_where_they_are(tmp_path):
    clip, sound = tmp_path / "b.mp4", tmp_path / "b.wav"
    beacon.make_clip(clip)
    beacon.make_sound(sound)
    late = 0.0215
    both = tmp_path / "both.mp4"
    with av.open(str(clip)) as pictures, av.open(str(sound)) as voice, av.open(str(both), "w") as out:
        video = out.add_stream_from_template(pictures.streams.video[0])
        flac = out.add_stream("flac", rate=48_000, layout="mono")
        for packet in pictures.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                out.mux(packet)
        samples = np.concatenate([np.zeros(int(late * 48_000)), *(f.to_ndarray()[0] for f in voice.decode(audio=0))])
        frame = av.AudioFrame.from_ndarray(samples.astype(np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
        out.mux(flac.encode(frame))
        out.mux(flac.encode(None))
    ((flash, apart),) = beacon.find(both, 0, 10).apart()
    assert flash == pytest.approx(5.0, abs=0.001)
    assert apart == pytest.approx(late, abs=0.001)


@pytest.mark.slow
def test_a_real_unit_is_pressed_killed_and_weighed(tmp_path):
    for name in ("press", "kills"):
        (tmp_path / name).mkdir()
    first, worst, whole = press.measure(tmp_path / "press", 1, 0, 2)
    assert 0 < first.value <= worst.value <= whole.value
    figures = {each.name: each for each in kills.measure(tmp_path / "kills", 1)}
    assert figures["capture: acknowledged bytes lost"].value == 0
    assert figures["vault: acknowledged bytes lost"].value == 0


@pytest.mark.slow
def test_a_units_memory_is_of_all_its_processes(tmp_path):
    sampler = Sampler()
    with Unit(tmp_path) as unit:
        unit.ready()
        assert len(unit.pids()) == 4
        sampler.watch(unit, 0.1, 0.05)
    assert sampler.most > 30
    with pytest.raises(BenchError, match="does not run"):
        unit.pids()


def test_the_command(tmp_path):
    out = tmp_path / "figures.json"
    options = ["--only", "recovery", "--hours", "0.01", "--folder", str(tmp_path), "--json", str(out)]
    done = CliRunner().invoke(bench.main, options)
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())[0]["group"] == "recovery"
    assert not list(tmp_path.glob("bench-*"))
