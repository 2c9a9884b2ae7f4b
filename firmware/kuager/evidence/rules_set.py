"""Several recordings of one unit together: what each says of the others, and what the unit's own journal says of all.

Rules K701 to K704. A recording can't hide its own shortening here: its successor and the unit's journal name its last
record. A recording that is missing is tampering only where it must be here: the unit's own journal says that it was
opened on a carrier that is here whole, that is, with a copy of the journal on it. Otherwise a set need not be complete,
and what is missing is only noted.

Nobody can speak against a unit's recordings who only calls himself that unit: `_heard` says whose word counts on whom.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from kuager.evidence.records import Continues, Previous
from kuager.evidence.rules_recording import Identity
from kuager.evidence.rules_unit import Testimony
from kuager.evidence.verdict import Findings, Value, iso

MAX_TOLD = 100


class _Speaker(Protocol):
    """A recording, or a unit's own journal, that says something of a recording."""

    @property
    def unit(self) -> str: ...
    @property
    def certificate(self) -> bytes: ...
    @property
    def trusted(self) -> bool: ...


def _heard(speaker: _Speaker, of: Identity) -> bool:
    """Whether its word counts on that recording: not another unit's, nor of one who only calls himself that unit."""
    if speaker.unit != of.unit:
        return False
    return speaker.trusted or speaker.certificate == of.certificate or not of.trusted


class _Claim(NamedTuple):
    speaker: _Speaker
    by: str  # the successor's name; none: the unit's own journal
    id: bytes
    head: bytes
    until_us: int  # UTC until which it went on, as far as that is said


class SetJudge:
    """Compares the recordings of a set; findings of one recording go to `of`, those of the set to `findings`."""

    def __init__(self, members: Mapping[str, Identity]) -> None:
        """`members`: what is proven of each recording, by its path."""
        self._members = dict(sorted(members.items(), key=lambda item: (item[1].unit, item[1].number, item[0])))
        self._by_id: dict[bytes, list[str]] = defaultdict(list)
        for path, member in self._members.items():
            self._by_id[member.id].append(path)
        self.of: dict[str, Findings] = {path: Findings() for path in members}
        self.findings = Findings()

    def judge(self, testimony: Iterable[Testimony], whole: Iterable[str]) -> None:
        """`whole`: the paths of recordings that lie beside a copy of a unit's own journal."""
        claims = [
            _Claim(member, member.name, named.id, named.head, getattr(named, "until_utc_us", 0))
            for member in self._members.values()
            for named in _named(member)
        ]
        members = [self._members[path] for path in whole if path in self._members]
        here = {(each.unit, each.carrier, each.certificate, each.trusted): each for each in members}.values()
        for told in testimony:
            claims += [_Claim(told, "", told.id, head, told.ended_us) for head in sorted(told.heads)]
            if told.carrier and not self._is_here(told) and _placed(told, here):
                self._removed(told)
        for claim in claims:
            for path in self._by_id.get(claim.id, ()):
                self._ends_as(path, claim)
        self._doubles()
        self._gaps()

    def _is_here(self, told: Testimony) -> bool:
        return any(self._members[path].unit == told.unit for path in self._by_id.get(told.id, ()))

    def groups(self) -> list[list[str]]:
        """Paths of recordings that are one action: each but the first continues the one before."""
        after = {
            member.continues.id: path
            for path, member in self._members.items()
            if member.continues and member.continues.id in self._by_id
        }
        followers = set(after.values())
        groups = []
        for path, member in self._members.items():
            group, at = [path], member.id
            while path not in followers and at in after and after[at] not in group:
                group.append(after[at])
                at = self._members[after[at]].id
            if len(group) > 1:
                groups.append(group)
        return groups

    def _ends_as(self, path: str, claim: _Claim) -> None:
        member = self._members[path]
        if (
            member.whole
            and _heard(claim.speaker, member)
            and claim.head != member.head
            and claim.head not in member.heads
        ):
            if claim.by:
                self._cut(path, "successor", claim.until_us, name=claim.by)
            else:
                self._cut(path, "journal", claim.until_us)

    def _cut(self, path: str, says: str, until_us: int, /, **values: Value) -> None:
        since = self._members[path].last_utc_us
        self.of[path].add("K701", says, "", None, (since, max(since, until_us)), since=iso(since), **values)

    def _removed(self, told: Testimony) -> None:
        end = told.ended_us or told.opened_us
        self.findings.add("K702", "gone", told.name, None, (told.opened_us, max(told.opened_us, end)))

    def _doubles(self) -> None:
        numbered: dict[tuple[str, int], list[Identity]] = defaultdict(list)
        for member in self._members.values():
            numbered[member.unit, member.number].append(member)
        for path, member in self._members.items():
            others = numbered[member.unit, member.number]
            if any(other.id != member.id and _heard(other, member) for other in others):
                self.of[path].add("K704", "number", number=member.number, unit=member.unit)
            for other in self._by_id[member.id]:
                whole = self._members[other]
                if not (member.whole and whole.whole and _heard(whole, member)):
                    continue
                if whole.head != member.head and member.head in whole.heads:
                    self._cut(path, "copy", whole.last_utc_us)
                elif whole.head != member.head and whole.head not in member.heads:
                    self.of[path].add("K704", "id")

    def _gaps(self) -> None:
        units = {member.unit for member in self._members.values()}
        for unit in units:
            of_unit = [member for member in self._members.values() if member.unit == unit]
            for member in of_unit[1:][:MAX_TOLD]:
                before = member.previous
                if before and before.id not in self._by_id:
                    self.findings.add("K703", "previous", number=before.number, unit=unit, name=member.name)


def _placed(told: Testimony, here: Iterable[Identity]) -> bool:
    """Whether the recording was opened on the carrier of recordings that are here."""
    return any(member.carrier == told.carrier and _heard(told, member) for member in here)


def _named(member: Identity) -> list[Previous | Continues]:
    """What `opened` names; the recording that it continues, which is mostly the previous one too, only once."""
    continued, before = member.continues, member.previous
    if continued is None or before is None or continued.id != before.id:
        return [named for named in (continued, before) if named]
    return [continued] if continued.head == before.head else [continued, before]
