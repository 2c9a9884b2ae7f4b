"""What a check may conclude, and how findings lead to it. Pure: nothing here or in `rules_*` opens a file.

A finding names a rule of the table (`rules_table`); the rule says what it leads to. It holds no sentence: the words are
the catalogue's, one for each rule and `says`, and its values fill them in whatever language is read.

The verdict is the worst that any finding leads to, in the order: not authentic, cannot be checked, ends early,
authentic. So tampering that can be shown without knowing whom to trust is *not authentic* even where no authority was
given.
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


Value = str | int | tuple[str, ...]
Values = tuple[tuple[str, Value], ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing found: by which rule, what it says of that, and where as exactly as is known.

    `detail` is what a technician may want beyond the sentence, in English; times in values are written as `iso` does.
    """

    code: str
    says: str
    values: Values = ()
    detail: str = ""
    file: str = ""
    bytes: Span | None = None
    time: Span | None = None

    @property
    def leads(self) -> Leads:
        """What the rule leads to."""
        return RULES[self.code].leads


class Findings:
    """Collects findings, each once and at most MAX_FINDINGS of a code, so that no input makes it grow without end."""

    def __init__(self) -> None:
        self._found: dict[str, dict[Finding, None]] = {}
        self.left_out = 0

    def add(
        self,
        code: str,
        says: str,
        file: str = "",
        span: tuple[int, int] | None = None,
        time: tuple[int, int] | None = None,
        detail: str = "",
        /,
        **values: Value,
    ) -> None:
        """Add one; `span` in bytes and `time` in UTC us are from, inclusive, to, exclusive."""
        of_code = self._found.setdefault(code, {})
        if len(of_code) < MAX_FINDINGS:
            of_code[
                Finding(
                    code=code,
                    says=says,
                    values=tuple(values.items()),
                    detail=detail,
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
    """The outcome, and everything found, worst first; `good` fills the sentence where nothing speaks against it."""

    outcome: Outcome
    training: bool
    findings: tuple[Finding, ...]
    good: Values = ()

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all findings."""
        return frozenset(finding.code for finding in self.findings)

    @property
    def weighty(self) -> tuple[Finding, ...]:
        """The findings that lead to the outcome; the first is the reason, in the order of the codes.

        So what concerns the whole recording comes before what concerns one file. None where all is well.
        """
        if self.outcome is Outcome.AUTHENTIC:
            return ()
        return tuple(finding for finding in self.findings if _LEADS[finding.leads] is self.outcome)


def decide(findings: Iterable[Finding], good: Values = ()) -> Verdict:
    """The verdict that these findings lead to; `good` is what to say where nothing speaks against the recording."""
    ordered = tuple(sorted(dict.fromkeys(findings), key=_rank))
    outcome = max(
        (_LEADS[finding.leads] for finding in ordered), key=lambda found: found.severity, default=Outcome.AUTHENTIC
    )
    training = any(finding.code == "K206" for finding in ordered)
    return Verdict(outcome=outcome, training=training, findings=ordered, good=good)


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
