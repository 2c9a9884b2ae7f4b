"""Digests read aloud: what was misread is found, and what is no digest is said to be none."""

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kuager.verify
from kuager.errors import InputError
from kuager.verify import aloud

EMPTY = """E3B0P C442Y 98FCW 1C14V 9AFBP F4C8J 996FL B924N
           27AET 41E4U 649BL 934CY A495T 991BQ 7852J B855N"""
NOTHING = hashlib.sha256(b"").digest()
digests = st.binary(min_size=32, max_size=32)
places = st.integers(0, 15)


def said(digest: bytes) -> list[str]:
    return [group.digits + group.letter for group in aloud.groups(digest)]


def test_the_published_vector() -> None:
    assert said(NOTHING) == EMPTY.split()
    assert aloud.check(EMPTY) == aloud.Heard(NOTHING)


def test_the_vector_in_the_readme_is_this_one() -> None:
    text = (Path(kuager.verify.__file__).parent / "README.md").read_text("utf-8")
    printed = re.findall(r"\b[0-9A-F]{4}[G-Y]\b", text.partition("Vector, ")[2].partition("Not this digest")[0])
    assert printed == EMPTY.split()
    assert NOTHING.hex() in text


def test_the_letters_are_told_from_digits_and_look_like_none() -> None:
    assert len(aloud.LETTERS) == len(set(aloud.LETTERS)) == 17
    assert not set(aloud.LETTERS) & set("0123456789ABCDEFIOZ")


@given(digests, st.sampled_from(["", " ", "  ", "-", "\n", " - ", "\t", "\u00a0"]), st.booleans())
def test_a_digest_read_aloud_is_that_digest_in_any_spacing_and_case(digest: bytes, between: str, lower: bool) -> None:
    text = between.join(said(digest))
    assert aloud.check(text.lower() if lower else text) == aloud.Heard(digest)
    apart = " ".join(f"{group.digits} {group.letter}" for group in aloud.groups(digest))
    assert aloud.check(apart).digest == digest


@given(digests, places)
def test_every_single_wrong_sign_is_found_in_its_group(digest: bytes, place: int) -> None:
    right = said(digest)
    for at in range(5):
        for sign in "0123456789ABCDEF" if at < 4 else aloud.LETTERS:
            if sign == right[place][at]:
                continue
            group = right[place][:at] + sign + right[place][at + 1 :]
            assert aloud.check("".join([*right[:place], group, *right[place + 1 :]])).wrong == (place + 1,)


@given(digests, places)
def test_any_two_digits_of_a_group_that_change_places_are_found(digest: bytes, place: int) -> None:
    right = said(digest)
    for one in range(4):
        for other in range(one):
            signs = list(right[place])
            signs[one], signs[other] = signs[other], signs[one]
            if signs[one] != signs[other]:
                heard = aloud.check(" ".join([*right[:place], "".join(signs), *right[place + 1 :]]))
                assert heard == aloud.Heard(None, (place + 1,))


@given(digests, places)
def test_a_group_left_out_is_named(digest: bytes, place: int) -> None:
    right = said(digest)
    assert aloud.check(" ".join(right[:place] + right[place + 1 :])).wrong == (place + 1,)


@given(digests, places, places)
def test_groups_that_change_places_are_found_even_where_their_digits_are_the_same(
    digest: bytes, one: int, other: int
) -> None:
    changed = said(digest)
    changed[one], changed[other] = changed[other], changed[one]
    assert aloud.check(" ".join(changed)).wrong == (() if one == other else tuple(sorted((one + 1, other + 1))))


def test_several_groups_left_out_and_a_group_said_twice_are_found() -> None:
    right = said(NOTHING)
    assert aloud.check(" ".join(right[:14])).wrong == (15, 16)
    assert aloud.check(" ".join(right[2:])).wrong == tuple(range(1, 17))
    assert aloud.check(" ".join([*right[:4], right[3], *right[5:]])).wrong == (5,)


@pytest.mark.parametrize("spoiled", ["98FW", "98FCCW", "98FC", "W", "98FC98W"])
def test_a_group_of_another_length_spoils_no_other(spoiled: str) -> None:
    right = said(NOTHING)
    assert aloud.check(" ".join([*right[:2], spoiled, *right[3:]])).wrong == (3,)


def test_a_plain_digest_has_no_letters_to_agree_with() -> None:
    assert aloud.check(NOTHING.hex()).wrong == tuple(range(1, 17))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no digest"),
        (" - \n", "no digest"),
        (EMPTY + "E3B0P", "17 groups"),
        (EMPTY.replace("E3B0P", "E3BOP"), "'O'"),
        ("\N{CYRILLIC CAPITAL LETTER VE}" + EMPTY, "CYRILLIC CAPITAL LETTER VE"),
        ("\N{LATIN SMALL LETTER SHARP S}" + EMPTY, "SHARP S"),
        ("\N{ARABIC-INDIC DIGIT ONE}" + EMPTY, "ARABIC-INDIC"),
        ("\0" + EMPTY, "U"),
        ("A" * 1001, "longer"),
    ],
)
def test_what_is_no_digest_is_said_to_be_none(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        aloud.check(text)


@given(st.text(max_size=200))
def test_whatever_is_typed_is_judged_or_refused(text: str) -> None:
    try:
        heard = aloud.check(text)
    except InputError:
        return
    assert (heard.digest is None) == bool(heard.wrong)


@given(st.text("0123456789abcdefGHJKLMNPQRSTUVWXY ", max_size=120))
def test_only_what_agrees_in_full_is_a_digest(text: str) -> None:
    try:
        heard = aloud.check(text)
    except InputError:
        return
    assert (heard.digest is None) == bool(heard.wrong)


@pytest.mark.parametrize(("number", "digits"), [(0, "0000"), (17, "0000"), (1, "000"), (1, "00000"), (1, "000G")])
def test_there_is_a_letter_only_for_a_group(number: int, digits: str) -> None:
    with pytest.raises(InputError, match="group"):
        aloud.letter(number, digits)


def test_only_a_sha_256_digest_has_groups() -> None:
    with pytest.raises(InputError, match="32 bytes"):
        aloud.groups(bytes(20))
