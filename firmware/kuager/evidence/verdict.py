"""What a check may conclude, and how findings lead to it. Pure: nothing here or in `rules_*` opens a file.

A finding names a rule of the table (`rules_table`); the rule says what it leads to. The verdict is the worst that any
finding leads to, in the order: not authentic, cannot be checked, ends early, authentic. So tampering that can be shown
without knowing whom to trust is *not authentic* even where no authority was given.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum

import msgspec

from kuager.evidence.rules_table import RULES, Leads

MAX_FINDINGS = 100
"""Findings kept of one code and recording; what is found beyond that is counted only."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Outcome(Enum):
    """The four verdicts; there is nothing between them."""

    AUTHENTIC = "authentic"
    ENDS_EARLY = "authentic, ends early"
    CANNOT = "cannot be checked"
    NOT_AUTHENTIC = "not authentic"

    @property
    def exit_code(self) -> int:
        """What a program that gave this verdict exits with."""
        return _EXIT[self]

    @property
    def severity(self) -> int:
        """Rank by which the verdict on several recordings is chosen: the highest wins."""
        return _ORDER.index(self)


_ORDER = (Outcome.AUTHENTIC, Outcome.ENDS_EARLY, Outcome.CANNOT, Outcome.NOT_AUTHENTIC)
_EXIT = {Outcome.AUTHENTIC: 0, Outcome.ENDS_EARLY: 3, Outcome.CANNOT: 2, Outcome.NOT_AUTHENTIC: 1}
_LEADS = {
    Leads.NOTE: Outcome.AUTHENTIC,
    Leads.ENDS_EARLY: Outcome.ENDS_EARLY,
    Leads.CANNOT: Outcome.CANNOT,
    Leads.NOT_AUTHENTIC: Outcome.NOT_AUTHENTIC,
}


class Span(msgspec.Struct, frozen=True, order=True):
    """From, inclusive, to, exclusive: bytes of a file, or microseconds of UTC since 1970."""

    begin: int
    end: int


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing found: by which rule, in one sentence, and where as exactly as is known."""

    code: str
    text: str
    file: str = ""
    bytes: Span | None = None
    time: Span | None = None

    @property
    def leads(self) -> Leads:
        """What the rule leads to."""
        return RULES[self.code].leads

    def __str__(self) -> str:
        where = [self.file] if self.file else []
        if self.bytes:
            where.append(f"bytes {self.bytes.begin} to {self.bytes.end}")
        if self.time:
            until = f" to {iso(self.time.end)}" if self.time.end > self.time.begin else ""
            where.append(iso(self.time.begin) + until)
        return f"{', '.join(where)}: {self.text}" if where else self.text


class Findings:
    """Collects findings, each once and at most MAX_FINDINGS of a code, so that no input makes it grow without end."""

    def __init__(self) -> None:
        self._found: dict[str, dict[Finding, None]] = {}
        self.left_out = 0

    def add(
        self,
        code: str,
        text: str,
        file: str = "",
        span: tuple[int, int] | None = None,
        time: tuple[int, int] | None = None,
    ) -> None:
        """Add one; `span` in bytes and `time` in UTC us are from, inclusive, to, exclusive."""
        of_code = self._found.setdefault(code, {})
        if len(of_code) < MAX_FINDINGS:
            of_code[
                Finding(
                    code=code,
                    text=text,
                    file=file,
                    bytes=Span(*span) if span else None,
                    time=Span(*time) if time else None,
                )
            ] = None
        else:
            self.left_out += 1

    def __contains__(self, code: str) -> bool:
        return code in self._found

    def __iter__(self) -> Iterator[Finding]:
        for of_code in self._found.values():
            yield from of_code


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome, the reason in one sentence, and everything found, worst first."""

    outcome: Outcome
    reason: str
    training: bool
    findings: tuple[Finding, ...]

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all findings."""
        return frozenset(finding.code for finding in self.findings)

    def __str__(self) -> str:
        training = ", TRAINING (development authority)" if self.training else ""
        return f"{self.outcome.value}{training}: {self.reason}"


def decide(findings: Iterable[Finding], good: str) -> Verdict:
    """The verdict that these findings lead to; `good` is the reason where nothing speaks against the recording.

    The reason is the first finding that leads to the outcome, in the order of the codes: what concerns the whole
    recording has lower codes than what concerns one file.
    """
    ordered = tuple(sorted(dict.fromkeys(findings), key=_rank))
    outcome = max(
        (_LEADS[finding.leads] for finding in ordered), key=lambda found: found.severity, default=Outcome.AUTHENTIC
    )
    training = any(finding.code == "K206" for finding in ordered)
    if outcome is Outcome.AUTHENTIC:
        return Verdict(outcome=outcome, reason=good, training=training, findings=ordered)
    weighty = [finding for finding in ordered if _LEADS[finding.leads] is outcome]
    more = f"; and {len(weighty) - 1} more of this weight" if len(weighty) > 1 else ""
    return Verdict(
        outcome=outcome, reason=f"{weighty[0]} ({weighty[0].code}){more}", training=training, findings=ordered
    )


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The verdict on several: not authentic before cannot be checked before ends early before authentic."""
    return max(outcomes, key=lambda outcome: outcome.severity, default=Outcome.AUTHENTIC)


def iso(utc_us: int) -> str:
    """Microseconds of UTC since 1970 as 2026-11-22T05:15:00.123Z; a number that no calendar has stays a number."""
    try:
        moment = _EPOCH + timedelta(microseconds=utc_us)
    except OverflowError:
        return f"{utc_us} us"
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _rank(finding: Finding) -> tuple[int, str, str, tuple[int, int]]:
    span = finding.bytes or finding.time
    at = (span.begin, span.end) if span else (-1, -1)
    return -_LEADS[finding.leads].severity, finding.code, finding.file, at
