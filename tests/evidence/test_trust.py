"""Who signed, and whether they are trusted: each doubt with the signer it is about, and with its reason."""

from datetime import timedelta

import pytest
from certificate_samples import AFTER, LEAF, MIDDLE, MIDDLE_KEY, ROOT, ROOT_KEY, make
from cryptography import x509
from evidence_samples import ED25519, NOT_BEFORE, UTC_US

from kuager.evidence import certificates
from kuager.evidence.certificates import DEVELOPMENT, DEVELOPMENT_VALUE
from kuager.evidence.records import Stamp, State
from kuager.evidence.rules_trust import UNKNOWN_US, Signer, check
from kuager.evidence.verdict import Finding, Findings, Value

CHAIN = [LEAF, MIDDLE]
MARK = (x509.UnrecognizedExtension(DEVELOPMENT, DEVELOPMENT_VALUE), True)
TRAINING = make("KZ0417", ED25519.public, "middle", MIDDLE_KEY, extra=MARK)
TRAINING_ROOT = make("root", ROOT_KEY.public_key(), "root", ROOT_KEY, ca=True, extra=MARK)


def signer(
    chain: list[x509.Certificate], utc_us: int = UTC_US, state: State = "synchronised", uncertainty_us: int = 1000
) -> Signer:
    stamp = Stamp(1, utc_us, state, uncertainty_us)
    return Signer("opened", tuple(certificates.to_der(chain)), stamp)


def judged(*signers: Signer, anchors: list[x509.Certificate] | None = None, unit: str = "KZ0417") -> list[Finding]:
    findings = Findings()
    check(findings, signers, anchors, unit)
    return list(findings)


def of(code: str, says: str, detail: str = "", **values: Value) -> Finding:
    return Finding(code=code, says=says, detail=detail, values=tuple(values.items()))


def test_a_trusted_signer_raises_no_doubt() -> None:
    assert judged(signer(CHAIN), anchors=[ROOT]) == []


def test_without_an_authority_trust_is_open_and_all_else_still_said() -> None:
    strange = signer([TRAINING, MIDDLE], state="unset")
    assert judged(signer(CHAIN), anchors=None) == [of("K201", "trust")]
    assert judged(strange, unit="KZ0001") == [
        of("K201", "trust"),
        of("K205", "unit", type="opened", name="KZ0417", unit="KZ0001"),
        of("K206", "training"),
    ]


@pytest.mark.parametrize(
    ("chain", "anchors", "found"),
    [
        (CHAIN, [], of("K202", "untrusted", type="opened", issuer="CN=root")),
        (
            [LEAF, LEAF], [ROOT],
            of(
                "K202", "broken", "a certificate was not issued by the next one in the chain", type="opened"
            ),
        ),
        ([TRAINING, MIDDLE], [ROOT], of("K206", "training")),
        (CHAIN, [TRAINING_ROOT], of("K206", "training")),
    ],
)  # fmt: skip
def test_doubts_about_a_chain(chain: list[x509.Certificate], anchors: list[x509.Certificate], found: Finding) -> None:
    assert judged(signer(chain), anchors=anchors) == [found]


def test_bytes_that_are_no_certificate() -> None:
    (found,) = judged(Signer("died", (b"x",), signer(CHAIN).stamp), anchors=[ROOT])
    assert found == of("K202", "malformed", found.detail, type="died")
    assert found.detail.startswith("not a certificate: ")


LATE = int((AFTER + timedelta(days=1)).timestamp()) * 1_000_000
ENDED = int(AFTER.timestamp()) * 1_000_000
NOT_VALID = of("K203", "date", type="opened", at="2027-02-06T00:00:00.000Z")
NOT_KNOWN = of("K204", "clock", type="opened")


@pytest.mark.parametrize(
    ("signer", "found"),
    [
        (signer(CHAIN, LATE), [NOT_VALID]),
        (signer(CHAIN, ENDED, uncertainty_us=0), []),
        (signer(CHAIN, ENDED, uncertainty_us=1), [NOT_KNOWN]),
        (signer(CHAIN, LATE, "holdover"), [NOT_VALID]),
        (signer(CHAIN, LATE, "unset"), [NOT_KNOWN]),
        (signer(CHAIN, LATE, uncertainty_us=UNKNOWN_US), [NOT_KNOWN]),
        (signer(CHAIN, 2**53 - 1, uncertainty_us=UNKNOWN_US), [NOT_KNOWN]),
        (signer(CHAIN, 2**53 - 1, uncertainty_us=UNKNOWN_US - 1),
         [of("K203", "date", type="opened", at="2255-06-05T23:47:34.740Z")]),
    ],
)  # fmt: skip
def test_dates_are_those_of_the_recording_where_the_clock_knew_them(signer: Signer, found: list[Finding]) -> None:
    assert judged(signer, anchors=[ROOT]) == found


def test_each_signer_is_judged_once_and_by_itself() -> None:
    died = Signer("died", *signer([LEAF, LEAF])[1:])
    stranger = make("KZ0418", ED25519.public, "middle", MIDDLE_KEY, since=NOT_BEFORE)
    found = judged(died, signer([stranger, MIDDLE]), signer(CHAIN), signer(CHAIN), anchors=[ROOT])
    assert [(each.code, each.values[0][1]) for each in found] == [("K202", "died"), ("K205", "opened")]
