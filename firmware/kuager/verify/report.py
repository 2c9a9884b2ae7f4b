"""Verdicts for people, one line each and what was found below it; and for programs, as JSON (schema in README.md).

JSON is the same whatever language people read: its sentences are English.
"""

from collections.abc import Iterator
from typing import Any

from kuager.catalogue.reading import Reader
from kuager.evidence.verdict import Finding, Outcome, iso
from kuager.verify import sentences
from kuager.verify.plain import plain
from kuager.verify.recording import Judged
from kuager.verify.sets import Result

SCHEMA = "kuager-verify/1"


def lines(result: Result, words: Reader) -> Iterator[tuple[str, Outcome | None]]:
    """Lines of text without control characters, and the verdict that a line gives, if it gives one."""
    for each in result.recordings:
        yield plain(sentences.line(each.path.name, each.verdict, words)), each.verdict.outcome
        yield from ((_line(finding, words), None) for finding in each.verdict.findings)
        if each.judge.findings.left_out:
            yield f"    {words('verdict.left-out', count=each.judge.findings.left_out)}", None
    for group in result.groups:
        yield plain(_action(group, words)), None
    if len(result.recordings) > 1 or result.findings:
        together = sentences.outcome(result.outcome, words)
        yield words("verdict.together", count=len(result.recordings), outcome=together), result.outcome
        yield from ((_line(finding, words), None) for finding in result.findings)


def as_json(result: Result) -> dict[str, Any]:
    """The whole result as plain data."""
    english = Reader("en")
    return {
        "schema": SCHEMA,
        "verdict": result.outcome.value,
        "exit_code": result.outcome.exit_code,
        "recordings": [_recording(each, english) for each in result.recordings],
        "findings": [_finding(finding, english) for finding in result.findings],
        "actions": [[str(each.path) for each in group] for group in result.groups],
    }


def _line(finding: Finding, words: Reader) -> str:
    leads = sentences.outcome(finding.leads, words)
    return f"    {finding.code} {leads}: {plain(sentences.placed(finding, words))}"


def _action(group: list[Judged], words: Reader) -> str:
    names, later = tuple(each.path.name for each in group), group[1].judge.identity()
    if later and later.continues:
        cause = later.continues.cause
        return words("verdict.one-action-interrupted", count=len(group), names=names, cause=cause)
    return words("verdict.one-action", count=len(group), names=names)


def _recording(each: Judged, english: Reader) -> dict[str, Any]:
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
        "reason": sentences.reason(each.verdict, english),
        "findings": [_finding(finding, english) for finding in each.verdict.findings],
        "left_out": each.judge.findings.left_out,
        "files": [
            {"name": name, "bytes": found.size, "sha256": found.sha256.hex() or None, "problem": found.problem or None}
            for name, found in sorted(each.found.items())
        ],
    }


def _finding(finding: Finding, english: Reader) -> dict[str, Any]:
    return {
        "code": finding.code,
        "leads_to": finding.leads.value,
        "says": finding.says,
        "values": dict(finding.values),
        "detail": finding.detail or None,
        "text": sentences.text(finding, english),
        "file": finding.file or None,
        "bytes": [finding.bytes.begin, finding.bytes.end] if finding.bytes else None,
        "time": [_moment(finding.time.begin), _moment(finding.time.end)] if finding.time else None,
    }


def _moment(utc_us: int) -> dict[str, Any]:
    return {"utc_us": utc_us, "utc": iso(utc_us)}
