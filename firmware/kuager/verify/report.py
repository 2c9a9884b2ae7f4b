"""Verdicts for people, one line each and what was found below it; and for programs, as JSON (schema in README.md)."""

from collections.abc import Iterator
from typing import Any

from kuager.evidence.rules_words import CAUSES
from kuager.evidence.verdict import Finding, Outcome, iso
from kuager.verify.plain import plain
from kuager.verify.recording import Judged
from kuager.verify.sets import Result

SCHEMA = "kuager-verify/1"


def lines(result: Result) -> Iterator[tuple[str, Outcome | None]]:
    """Lines of text without control characters, and the verdict that a line gives, if it gives one."""
    for each in result.recordings:
        yield f"{plain(each.path.name)}: {plain(str(each.verdict))}", each.verdict.outcome
        yield from ((_line(finding), None) for finding in each.verdict.findings)
        if each.judge.findings.left_out:
            yield f"    and {each.judge.findings.left_out} more findings of these kinds", None
    for group in result.groups:
        names = ", ".join(plain(each.path.name) for each in group)
        yield f"one action in {len(group)} recordings: {names}{_interruption(group[1])}", None
    if len(result.recordings) > 1 or result.findings:
        count = len(result.recordings)
        yield f"{count} recording{'s' if count != 1 else ''} together: {result.outcome.value}", result.outcome
        yield from ((_line(finding), None) for finding in result.findings)


def as_json(result: Result) -> dict[str, Any]:
    """The whole result as plain data."""
    return {
        "schema": SCHEMA,
        "verdict": result.outcome.value,
        "exit_code": result.outcome.exit_code,
        "recordings": [_recording(each) for each in result.recordings],
        "findings": [_finding(finding) for finding in result.findings],
        "actions": [[str(each.path) for each in group] for group in result.groups],
    }


def _line(finding: Finding) -> str:
    return f"    {finding.code} {finding.leads.value}: {plain(str(finding))}"


def _interruption(later: Judged) -> str:
    found = later.judge.identity()
    return f" (interrupted by {CAUSES[found.continues.cause]})" if found and found.continues else ""


def _recording(each: Judged) -> dict[str, Any]:
    story, opened = each.judge.story, each.judge.story.opened
    return {
        "path": str(each.path),
        "name": opened.name if opened else None,
        "id": opened.id.hex() if opened else None,
        "unit": opened.unit if opened else None,
        "number": opened.number if opened else None,
        "opened": _moment(story.opened_at.utc_us) if story.opened_at else None,
        "ended": _moment(story.ended_at.utc_us) if story.ended_at else None,
        "ending": "closed" if story.closed else "died" if story.died else None,
        "head": each.judge.chain.head.hex(),
        "verdict": each.verdict.outcome.value,
        "exit_code": each.verdict.outcome.exit_code,
        "training": each.verdict.training,
        "reason": each.verdict.reason,
        "findings": [_finding(finding) for finding in each.verdict.findings],
        "left_out": each.judge.findings.left_out,
        "files": [
            {"name": name, "bytes": found.size, "sha256": found.sha256.hex() or None, "problem": found.problem or None}
            for name, found in sorted(each.found.items())
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "leads_to": finding.leads.value,
        "text": finding.text,
        "file": finding.file or None,
        "bytes": [finding.bytes.begin, finding.bytes.end] if finding.bytes else None,
        "time": [_moment(finding.time.begin), _moment(finding.time.end)] if finding.time else None,
    }


def _moment(utc_us: int) -> dict[str, Any]:
    return {"utc_us": utc_us, "utc": iso(utc_us)}
