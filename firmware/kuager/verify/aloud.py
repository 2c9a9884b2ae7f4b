"""A SHA-256 digest to be read aloud: 16 groups of four hexadecimal digits, each with a check letter. Pure.

The letter of group g (1 to 16) with the digits d1 d2 d3 d4 is, of the 17 letters that are neither hexadecimal digits
nor I, O or Z (which look like 1, 0 and 2), the one in the place

    (1*d1 + 2*d2 + 3*d3 + 4*d4 + 5*g) mod 17

17 is prime, so a product is 0 mod 17 only where a factor is. Therefore it finds

- any single wrong digit: the sum changes by w*e with 1 <= w <= 4 and 1 <= |e| <= 15, neither of them 0 mod 17; and a
  wrong letter, as only one is right;
- any two digits of a group that change places: the sum changes by (v - w)*(d - e), the difference of their weights
  times that of the digits, 1 to 3 times 1 to 15;
- a group left out: each that follows stands one place too early, which changes its sum by 5;
- two groups that change places, neighbours or not: 5*k with 1 <= k <= 15 again.

Letters and digits have no sign in common, so each group ends where its letter is, however it was spaced or typed.
"""

import re
import unicodedata
from dataclasses import dataclass

from kuager.errors import InputError

LETTERS = "GHJKLMNPQRSTUVWXY"
GROUPS, DIGITS = 16, 4
_SIGNS = frozenset("0123456789ABCDEF" + LETTERS)
_MAX_TYPED = 1000  # characters; the whole digest has 80
_SPACING = re.compile(r"[\s\-\N{EN DASH}.,:;/\N{MIDDLE DOT}]+")
_GROUP = re.compile(rf"([0-9A-F]*)([{LETTERS}])|([0-9A-F]+)\Z")


@dataclass(frozen=True)
class Group:
    """Four digits, upper case, and their check letter."""

    digits: str
    letter: str


@dataclass(frozen=True)
class Heard:
    """What somebody typed or heard: the digest, if all of it agrees; else the numbers of the groups that are wrong."""

    digest: bytes | None
    wrong: tuple[int, ...] = ()


def letter(number: int, digits: str) -> str:
    """The check letter of group `number`, 1 to 16; raises InputError for what is no group."""
    if not (1 <= number <= GROUPS and re.fullmatch(r"[0-9A-Fa-f]{4}", digits)):
        raise InputError(f"a group is four hexadecimal digits with a number from 1 to {GROUPS}")
    weighed = sum(weight * int(digit, 16) for weight, digit in enumerate(digits, start=1))
    return LETTERS[(weighed + 5 * number) % len(LETTERS)]


def groups(digest: bytes) -> list[Group]:
    """The digest as it is read aloud; raises InputError where it is not 32 bytes long."""
    if len(digest) != GROUPS * DIGITS // 2:
        raise InputError(f"a SHA-256 digest has 32 bytes, not {len(digest)}")
    text = digest.hex().upper()
    cut = [text[at : at + DIGITS] for at in range(0, len(text), DIGITS)]
    return [Group(digits, letter(number, digits)) for number, digits in enumerate(cut, start=1)]


def check(text: str) -> Heard:
    """Whether this is a digest with the right letters, in any case and spacing.

    Where one group is left out, that one is wrong; where more are, all that no longer stand in their places. Raises
    InputError for signs that no digest has, nothing at all, and more groups than there are.
    """
    said = _parse(text)
    if len(said) == GROUPS - 1 and (lost := _left_out(said)):
        return Heard(None, (lost,))
    good = [_agrees(number, group) for number, group in enumerate(said, start=1)]
    wrong = [number for number in range(1, GROUPS + 1) if number > len(said) or not good[number - 1]]
    return Heard(None, tuple(wrong)) if wrong else Heard(bytes.fromhex("".join(group.digits for group in said)))


def _parse(text: str) -> list[Group]:
    """The groups as they were said; one without its letter, or of another length, is kept and agrees with nothing."""
    if len(text) > _MAX_TYPED:
        raise InputError(f"this is no digest: it is longer than {_MAX_TYPED} characters")
    plain = _SPACING.sub("", text)
    for sign in plain:
        if not (sign.isascii() and sign.upper() in _SIGNS):
            name = unicodedata.name(sign, f"U+{ord(sign):04X}")
            raise InputError(f"{sign!a} ({name}) is not used in a digest: only 0-9, A-F and {LETTERS}, all Latin")
    said: list[Group] = []
    for found in _GROUP.finditer(plain.upper()):
        run, last = found[1] or found[3] or "", found[2] or ""
        while len(run) >= 2 * DIGITS:  # a letter was left out, so two groups run into each other
            said.append(Group(run[:DIGITS], ""))
            run = run[DIGITS:]
        said.append(Group(run, last))
    if not said:
        raise InputError("there is no digest to check: it is 16 groups of four digits and a letter")
    if len(said) > GROUPS:
        raise InputError(f"there are {len(said)} groups, and a digest has {GROUPS}")
    return said


def _agrees(number: int, group: Group) -> bool:
    return len(group.digits) == DIGITS and group.letter == letter(number, group.digits)


def _left_out(said: list[Group]) -> int | None:
    """The one group without which all others are right, if that is what is wrong."""
    for lost in range(1, GROUPS + 1):
        if all(_agrees(number + (number >= lost), group) for number, group in enumerate(said, start=1)):
            return lost
    return None
