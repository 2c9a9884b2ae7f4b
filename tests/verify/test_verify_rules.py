"""The table of rules: what FORMAT.md prints, and what the code finds, are the same rules."""

import re
from pathlib import Path

from kuager.evidence import rules_table, verdict
from kuager.evidence.rules_table import RULES, Leads
from kuager.evidence.verdict import Finding, Findings, Outcome, Span, Verdict, decide, iso, worst

ROOM = Path(rules_table.__file__).parent


def test_the_format_prints_the_table_as_it_is() -> None:
    text = (ROOM / "FORMAT.md").read_text()
    chapter = text[text.index("\n## Verdicts\n") :]
    assert rules_table.as_markdown() in chapter
    for outcome in Outcome:
        assert f"| {outcome.value} | {outcome.exit_code} |" in chapter


def test_every_rule_is_found_somewhere_and_every_code_found_is_a_rule() -> None:
    sources = [*ROOM.glob("rules_*.py"), ROOM / "verdict.py", *(ROOM.parent / "verify").glob("*.py")]
    used = {
        code
        for path in sources
        if path.name != "rules_table.py"
        for code in re.findall(r'"(K\d{3})"', path.read_text())
    }
    assert used == set(RULES)


def test_the_rules_do_no_io() -> None:
    for path in [*ROOM.glob("rules_*.py"), ROOM / "verdict.py"]:
        assert not re.search(r"\bopen\(|^import os|pathlib|import socket|subprocess", path.read_text(), re.M), path


def found(leads: Leads) -> Finding:
    return Finding(code=next(code for code, rule in RULES.items() if rule.leads is leads), says="x")


def test_the_worst_finding_decides() -> None:
    notes, early, cannot, tampered = (
        found(leads) for leads in (Leads.NOTE, Leads.ENDS_EARLY, Leads.CANNOT, Leads.NOT_AUTHENTIC)
    )
    assert decide([]).outcome is Outcome.AUTHENTIC
    assert decide([notes], (("cause", "closing"),)).good == (("cause", "closing"),)
    assert decide([notes]).weighty == ()
    assert decide([early, notes, cannot]).weighty == (cannot,)
    assert decide([early, notes]).outcome is Outcome.ENDS_EARLY
    assert decide([cannot, early]).outcome is Outcome.CANNOT
    assert decide([early, cannot, tampered, notes]).outcome is Outcome.NOT_AUTHENTIC
    assert [outcome.exit_code for outcome in Outcome] == [0, 3, 2, 1]
    assert worst([Outcome.CANNOT, Outcome.NOT_AUTHENTIC, Outcome.AUTHENTIC]) is Outcome.NOT_AUTHENTIC


def test_findings_are_bounded_and_each_is_told_once() -> None:
    findings = verdict.Findings()
    for number in range(1000):
        findings.add("K401", "changed", "video-01.mp4", (number // 2, number // 2 + 1))
    assert len(list(findings)) == verdict.MAX_FINDINGS
    assert "K401" in findings


def test_times_that_no_calendar_has_are_numbers() -> None:
    assert iso(0) == "1970-01-01T00:00:00.000Z"
    assert iso(2**53 - 1) == "2255-06-05T23:47:34.740Z"
    assert iso(2**60) == f"{2**60} us"
    assert iso(999_000) == "1970-01-01T00:00:00.999Z"
    assert iso(-1) == "1969-12-31T23:59:59.999Z"


def test_a_finding_says_all_that_was_given() -> None:
    findings = Findings()
    findings.add("K406", "chunk", "video-01.mp4", (1, 2), (3, 4), "why", name="x", interval=5)
    findings.add("K201", "trust")
    assert list(findings) == [
        Finding(
            code="K406", says="chunk", file="video-01.mp4", bytes=Span(1, 2), time=Span(3, 4), detail="why",
            values=(("name", "x"), ("interval", 5)),
        ),
        Finding(code="K201", says="trust"),
    ]  # fmt: skip
    assert ("K406" in findings, "K402" in findings) == (True, False)


def test_what_is_found_beyond_the_bound_of_a_code_is_counted() -> None:
    findings = Findings()
    for place in range(verdict.MAX_FINDINGS):
        findings.add("K401", "changed", "", (place, place))
    assert findings.left_out == 0
    for place in range(3):
        findings.add("K401", "changed", "", (200 + place, 300))
    findings.add("K402", "hole")
    assert (len(list(findings)), findings.left_out) == (verdict.MAX_FINDINGS + 1, 3)


def test_findings_stand_in_order_of_weight_code_file_and_place() -> None:
    in_order = (
        Finding(code="K401", says="changed", file="a", time=Span(0, 9)),
        Finding(code="K401", says="changed", file="a", bytes=Span(3, 4), time=Span(0, 1)),
        Finding(code="K401", says="changed", file="a", bytes=Span(3, 5)),
        Finding(code="K401", says="changed", file="b"),
        Finding(code="K401", says="changed", file="b", bytes=Span(0, 1)),
        Finding(code="K402", says="hole", file="a"),
        Finding(code="K201", says="trust"),
        Finding(code="K501", says="missing"),
        Finding(code="K105", says="folder"),
        Finding(code="K206", says="training"),
    )
    told = decide([*reversed(in_order), *in_order])
    assert told == Verdict(outcome=Outcome.NOT_AUTHENTIC, training=True, findings=in_order)
    assert told.weighty == in_order[:6]
    assert told.codes == {"K401", "K402", "K201", "K501", "K105", "K206"}


def test_only_a_training_unit_makes_it_training() -> None:
    folder, training = Finding(code="K105", says="folder"), Finding(code="K206", says="training")
    assert [decide(found).training for found in ([folder], [training], [folder, training])] == [False, True, True]


def test_where_nothing_is_found_all_is_well() -> None:
    assert decide([]) == Verdict(outcome=Outcome.AUTHENTIC, training=False, findings=())
    assert worst([]) is Outcome.AUTHENTIC
    assert sorted(Outcome, key=lambda outcome: outcome.severity) == [
        Outcome.AUTHENTIC,
        Outcome.ENDS_EARLY,
        Outcome.CANNOT,
        Outcome.NOT_AUTHENTIC,
    ]
