"""The table of rules: what FORMAT.md prints, and what the code finds, are the same rules."""

import re
from pathlib import Path

from kuager.evidence import rules_table, verdict
from kuager.evidence.rules_table import RULES, Leads
from kuager.evidence.verdict import Finding, Outcome, decide, iso, worst

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
