"""Verdicts and findings in words: here, and nowhere else, what the rules found becomes a sentence of one language.

The words are the catalogue's: `shown.K401` and so on hold each rule's sentences, `shown.verdict` what stands around
them. A finding's technical detail is English, so it is told in English only; `--json` has it always.
"""

from kuager.catalogue.reading import Reader
from kuager.evidence.rules_table import Leads
from kuager.evidence.verdict import Finding, Outcome, Verdict, iso


def outcome(given: Outcome | Leads, words: Reader) -> str:
    """A verdict's name, or what a rule leads to."""
    return words(f"verdict.{given.name.lower().replace('_', '-')}")


def text(finding: Finding, words: Reader) -> str:
    """What was found, without where."""
    said = words(f"{finding.code}.{finding.says}", **dict(finding.values))
    return f"{said} ({finding.detail})" if finding.detail and words.language == "en" else said


def placed(finding: Finding, words: Reader) -> str:
    """What was found, and before it where: file, bytes, time, as far as they are known."""
    where = [finding.file] if finding.file else []
    if finding.bytes:
        where.append(words("verdict.bytes", begin=finding.bytes.begin, end=finding.bytes.end))
    if finding.time:
        begin, end = iso(finding.time.begin), iso(finding.time.end)
        lasts = finding.time.end > finding.time.begin
        where.append(words("verdict.span", begin=begin, end=end) if lasts else begin)
    return f"{', '.join(where)}: {text(finding, words)}" if where else text(finding, words)


def reason(verdict: Verdict, words: Reader) -> str:
    """Why the verdict is as it is, in one sentence."""
    if not verdict.weighty:
        return words("verdict.good", **dict(verdict.good)) if verdict.good else ""
    first, count = verdict.weighty[0], len(verdict.weighty) - 1
    found = placed(first, words)
    if count:
        return words("verdict.reason-more", finding=found, code=first.code, count=count)
    return words("verdict.reason", finding=found, code=first.code)


def line(name: str, verdict: Verdict, words: Reader) -> str:
    """The verdict on the recording of that name, with its reason."""
    form = "verdict.line-training" if verdict.training else "verdict.line"
    return words(form, name=name, outcome=outcome(verdict.outcome, words), reason=reason(verdict, words))
