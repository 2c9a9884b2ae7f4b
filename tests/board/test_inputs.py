from hypothesis import given
from hypothesis import strategies as st

from kuager.board import Edge
from kuager.board.inputs import FREE_US, HOLD_US, STEADY_US, STUCK_US, Gesture, Inputs


def play(*edges: tuple[bool, int], until: int, pin: str = "record", step: int = 1_000) -> list[tuple[str, int]]:
    inputs, done = Inputs(), []
    waiting = list(edges)
    for now in range(0, until, step):
        while waiting and waiting[0][1] <= now:
            level, at = waiting.pop(0)
            done += inputs.edge(Edge(pin, level, at))
        done += inputs.tick(now)
    return [(gesture.kind, gesture.at_us) for gesture in done]


def test_a_press_is_told_at_its_first_moment():
    assert play((True, 5_000), (False, 105_000), until=200_000) == [("down", 5_000), ("press", 105_000)]


def test_bounces_make_one_press():
    edges = [(True, 0), (False, 2_000), (True, 3_000), (False, 150_000), (True, 151_000), (False, 153_000)]
    assert play(*edges, until=300_000) == [("down", 3_000), ("press", 153_000)]


def test_a_spike_is_nothing():
    assert play((True, 10_000), (False, 10_000 + STEADY_US - 1_000), until=300_000) == []


def test_a_hold_is_told_while_it_lasts_and_is_no_press():
    assert play((True, 0), until=HOLD_US + 5_000) == [("down", 0), ("hold", HOLD_US)]
    assert play((True, 0), (False, HOLD_US + 500_000), until=2_000_000) == [("down", 0), ("hold", HOLD_US)]


def test_a_press_just_below_the_hold_time():
    assert play((True, 0), (False, HOLD_US - 1), until=2_000_000) == [("down", 0), ("press", HOLD_US - 1)]


def test_a_hold_survives_a_late_tick():
    inputs = Inputs()
    done = inputs.edge(Edge("record", True, 0)) + inputs.edge(Edge("record", False, HOLD_US + 1))
    done += inputs.tick(9_000_000)
    assert done == [Gesture("record", "down", 0), Gesture("record", "hold", HOLD_US)]


def test_late_edges_alone_tell_all_presses():
    inputs, done = Inputs(), []
    for n in range(3):
        done += inputs.edge(Edge("mark", True, n * 400_000))
        done += inputs.edge(Edge("mark", False, n * 400_000 + 100_000))
    done += inputs.tick(9_000_000)
    assert [gesture.kind for gesture in done] == ["down", "press"] * 3


def test_other_pins_are_levels():
    assert play((True, 0), (False, 3_000_000), until=4_000_000, pin="power-fail", step=10_000) == [
        ("on", 0),
        ("off", 3_000_000),
    ]


def test_the_deadline_is_when_something_becomes_certain():
    inputs = Inputs()
    assert inputs.deadline() is None
    inputs.edge(Edge("record", True, 100))
    assert inputs.deadline() == 100 + STEADY_US
    assert inputs.tick(100 + STEADY_US) == [Gesture("record", "down", 100)]
    assert inputs.deadline() == 100 + HOLD_US
    assert inputs.tick(100 + HOLD_US) == [Gesture("record", "hold", 100 + HOLD_US)]
    stuck = 100 + HOLD_US + STUCK_US
    assert inputs.deadline() == stuck
    assert inputs.tick(stuck) == [Gesture("record", "stuck", stuck)]
    assert inputs.deadline() is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 500_000)), max_size=12), st.integers(5_000, 300_000))
def test_any_edges_give_downs_each_followed_by_one_press_or_hold(edges, step):
    times, at = [], 0
    for level, wait in edges:
        at += wait
        times.append((level, at))
    kinds = [kind for kind, _ in play(*times, until=at + 3_000_000, step=step)]
    open_down = False
    for kind in kinds:
        assert (kind == "down") is not open_down
        open_down = kind == "down"
    assert not open_down
    told = [at for _, at in play(*times, until=at + 3_000_000, step=step)]
    assert told == sorted(told)


def found(level: bool, at_us: int, pin: str = "record") -> Edge:
    return Edge(pin, level, at_us, found=level)


STUCK_AT = HOLD_US + STUCK_US


def test_a_button_that_stays_down_is_stuck_until_it_stays_up():
    inputs = Inputs()
    inputs.edge(Edge("record", True, 0))
    done = inputs.tick(STUCK_AT + 5_000_000)
    assert [(gesture.kind, gesture.at_us) for gesture in done] == [("down", 0), ("hold", HOLD_US), ("stuck", STUCK_AT)]
    at = STUCK_AT + 6_000_000
    for n in range(20):
        assert inputs.edge(Edge("record", n % 2 == 1, at + n * 300_000)) == [], "it makes and breaks contact"
    last = at + 19 * 300_000
    assert inputs.edge(Edge("record", False, last + 10_000)) == []
    assert inputs.deadline() == last + 10_000 + FREE_US
    assert inputs.tick(last + 10_000 + FREE_US - 1) == []
    assert [each.kind for each in inputs.tick(last + 10_000 + FREE_US)] == ["free"]
    inputs.edge(Edge("record", True, last + 9_000_000))
    assert [each.kind for each in inputs.tick(last + 9_100_000)] == ["down"], "then it is a button again"


def test_a_stuck_button_that_was_let_go_long_before_anybody_looked():
    inputs = Inputs()
    inputs.edge(Edge("mark", True, 0))
    done = inputs.edge(Edge("mark", False, STUCK_AT + 100)) + inputs.tick(STUCK_AT + 9_000_000)
    assert [each.kind for each in done] == ["down", "hold", "stuck", "free"]


def test_what_is_down_at_start_is_pressed_but_never_held():
    inputs = Inputs()
    inputs.edge(found(True, 0))
    assert inputs.tick(STEADY_US) == [Gesture("record", "down", 0, found=True)]
    assert inputs.deadline() == STUCK_AT
    assert inputs.tick(10 * HOLD_US) == []
    inputs.edge(Edge("record", False, 11 * HOLD_US))
    assert inputs.tick(12 * HOLD_US) == [Gesture("record", "press", 11 * HOLD_US)]


def test_what_is_down_at_start_and_stays_is_stuck():
    inputs = Inputs()
    inputs.edge(found(True, 0))
    assert [each.kind for each in inputs.tick(STUCK_AT)] == ["down", "stuck"]


def test_a_mode_switch_is_never_stuck():
    assert play((True, 0), until=2 * STUCK_AT, pin="mode-up", step=1_000_000) == [("on", 0)]
