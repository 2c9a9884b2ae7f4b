"""The chain from the unit's certificate to a trusted authority, for the time of the recording."""

from datetime import UTC, datetime, timedelta

import pytest
from certificate_samples import AFTER, LEAF, MIDDLE, MIDDLE_KEY, ROOT, ROOT_KEY, make
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from evidence_samples import ED25519, NOT_BEFORE, UNIT_KEYS, UTC_US, chain_for
from hypothesis import given
from hypothesis import strategies as st

from kuager.evidence import certificates
from kuager.evidence.authority import issue_unit_certificate, make_development_authority
from kuager.evidence.certificates import DEVELOPMENT, CertificateError, When, check_chain
from kuager.evidence.keys import KeyUseError, SoftwareKey

NOW = When.at(UTC_US, 1500)


def us(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def refused(chain: list[x509.Certificate], anchors: list[x509.Certificate], when: When = NOW) -> str:
    with pytest.raises(CertificateError) as caught:
        check_chain(chain, anchors, when)
    return caught.value.reason


@pytest.mark.parametrize("key", UNIT_KEYS.values(), ids=UNIT_KEYS)
def test_a_development_authority_and_its_unit(key: SoftwareKey) -> None:
    authority, chain = chain_for(key)
    proven = check_chain(certificates.load_der(chain), certificates.load_pem(authority), NOW)
    assert proven.public == key.public
    assert (proven.unit, proven.development, proven.date_known) == ("KZ0417", True, True)
    assert "Test authority" in proven.authority
    for certificate in (*certificates.load_der(chain), *certificates.load_pem(authority)):
        extension = certificate.extensions.get_extension_for_oid(DEVELOPMENT)
        assert extension.critical
        assert extension.value.public_bytes() == certificates.DEVELOPMENT_VALUE
    assert certificates.to_der(certificates.load_pem(certificates.to_pem(chain))) == chain


def test_an_agencys_authority_with_one_between() -> None:
    proven = check_chain([LEAF, MIDDLE], [ROOT], NOW)
    assert (proven.unit, proven.development, proven.authority) == ("KZ0417", False, "CN=root")
    assert check_chain([LEAF, MIDDLE, ROOT], [ROOT], NOW).authority == "CN=root"  # a root that came along does no harm
    assert check_chain([LEAF], [ROOT, MIDDLE], NOW).authority == "CN=middle"  # trusted itself


def test_development_anywhere_in_the_chain_marks_it() -> None:
    mark = (x509.UnrecognizedExtension(DEVELOPMENT, certificates.DEVELOPMENT_VALUE), True)
    assert check_chain([make("u", ED25519.public, "middle", MIDDLE_KEY, extra=mark), MIDDLE], [ROOT], NOW).development
    marked = make("root", ROOT_KEY.public_key(), "root", ROOT_KEY, ca=True, extra=mark)
    assert check_chain([LEAF, MIDDLE], [marked], NOW).development


def test_untrusted() -> None:
    assert refused([LEAF, MIDDLE], []) == "untrusted"
    other = ec.generate_private_key(ec.SECP384R1())
    same_name = make("root", other.public_key(), "root", other, ca=True)
    assert refused([LEAF, MIDDLE], [same_name]) == "untrusted"
    assert check_chain([LEAF, MIDDLE], [same_name, ROOT], NOW).unit == "KZ0417"
    assert refused([LEAF], [ROOT]) == "untrusted"
    authority, chain = chain_for(ED25519)
    assert refused(certificates.load_der(chain), [ROOT]) == "untrusted"
    assert authority


def test_broken_chains() -> None:
    stranger = Ed25519PrivateKey.generate()
    assert refused([make("KZ0417", ED25519.public, "middle", stranger), MIDDLE], [ROOT]) == "broken"
    assert refused([MIDDLE, LEAF], [ROOT]) == "broken"
    assert refused([LEAF, LEAF], [ROOT]) == "broken"
    under_leaf = make("X", stranger.public_key(), "KZ0417", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
    assert refused([under_leaf, LEAF, MIDDLE], [ROOT]) == "broken"  # a unit is no authority
    lower = make("lower", stranger.public_key(), "middle", MIDDLE_KEY, ca=True)
    assert refused([make("u", ED25519.public, "lower", stranger), lower, MIDDLE], [ROOT]) == "broken"  # path length 0
    assert refused([make("u", ED25519.public, "middle", MIDDLE_KEY, usage=False), MIDDLE], [ROOT]) == "broken"
    assert refused([make("u", ED25519.public, "middle", MIDDLE_KEY, ca=True), MIDDLE], [ROOT]) == "broken"
    odd = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
    assert refused([make("u", ED25519.public, "middle", MIDDLE_KEY, extra=odd), MIDDLE], [ROOT]) == "broken"
    harmless = (odd[0], False)
    assert check_chain([make("u", ED25519.public, "middle", MIDDLE_KEY, extra=harmless), MIDDLE], [ROOT], NOW)


def test_malformed() -> None:
    assert refused([], [ROOT]) == "malformed"
    assert refused([LEAF] * 9, [ROOT]) == "malformed"
    for public in (rsa.generate_private_key(65537, 2048).public_key(), ROOT_KEY.public_key()):
        assert refused([make("u", public, "middle", MIDDLE_KEY), MIDDLE], [ROOT]) == "malformed"
    for load, data, what in (
        (certificates.load_der, [b"x"], "not a certificate: "),
        (certificates.load_pem, b"x", "not certificates in PEM form: "),
    ):
        with pytest.raises(CertificateError, match=f"^{what}") as caught:
            load(data)  # type: ignore[operator]
        assert (caught.value.reason, caught.value.issuer) == ("malformed", "")


def test_as_many_certificates_as_a_chain_may_have() -> None:
    keys = [Ed25519PrivateKey.generate() for _ in range(certificates.MAX_CHAIN)]
    top = make("ca7", keys[7].public_key(), "ca7", keys[7], ca=True)
    chain = [make(f"ca{n}", keys[n].public_key(), f"ca{n + 1}", keys[n + 1], ca=True) for n in range(1, 7)]
    chain = [make("KZ0417", ED25519.public, "ca1", keys[1]), *chain, top]
    assert len(chain) == certificates.MAX_CHAIN
    assert check_chain(chain, [top], NOW).authority == "CN=ca7"


def test_pem_of_a_chain_is_that_of_its_certificates_one_after_another() -> None:
    chain = certificates.to_der([LEAF, MIDDLE])
    assert certificates.to_pem(chain) == LEAF.public_bytes(Encoding.PEM) + MIDDLE.public_bytes(Encoding.PEM)


@given(st.data())
def test_changed_certificates_are_refused_with_a_reason(data: st.DataObject) -> None:
    der = bytearray(LEAF.public_bytes(Encoding.DER))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(der) - 1))
        der[place] ^= data.draw(st.integers(1, 255))
    if bytes(der) == LEAF.public_bytes(Encoding.DER):
        return
    with pytest.raises(CertificateError):
        check_chain([*certificates.load_der([bytes(der)]), MIDDLE], [ROOT], NOW)


@pytest.mark.parametrize(
    ("place", "value", "what"),
    [(4, 0x12, "a version that is none"), (7, 0x80, "a negative serial number"), (1, 0x31, "no integer")],
)
def test_forms_that_the_library_only_warns_of_or_finds_late(place: int, value: int, what: str) -> None:
    der = bytearray(LEAF.public_bytes(Encoding.DER))
    der[der.index(b"\xa0\x03\x02\x01\x02") + place] = value  # the version; the serial number follows it
    with pytest.raises(CertificateError) as caught:
        certificates.load_der([bytes(der)])
    assert caught.value.reason == "malformed"


def test_a_signature_that_leaves_out_bits_which_are_zero_is_another_encoding() -> None:
    leaf = LEAF
    while leaf.signature[-1] & 1:
        leaf = make("KZ0417", ED25519.public, "middle", MIDDLE_KEY)
    der = bytearray(leaf.public_bytes(Encoding.DER))
    der[-len(leaf.signature) - 1] = 1
    with pytest.raises(CertificateError) as caught:
        certificates.load_der([bytes(der)])
    assert caught.value.reason == "malformed"


def test_judged_for_the_recordings_time_not_for_today() -> None:
    day = 86_400_000_000
    for when, known in (
        (When.at(us(NOT_BEFORE)), True),
        (When.at(us(AFTER)), True),
        (When.at(us(AFTER), day), False),  # perhaps after its end
        (When(None, us(AFTER)), False),
        (When(us(NOT_BEFORE), None), False),
        (When(), False),
        (When(us(NOT_BEFORE) - day, us(AFTER) + day), False),
        (When(us(NOT_BEFORE) + day, us(AFTER) - day), True),
    ):
        assert check_chain([LEAF, MIDDLE], [ROOT], when).date_known is known, when
    for when in (When.at(us(NOT_BEFORE) - 1), When.at(us(AFTER) + 1), When(us(AFTER) + 1, None), When(None, 0)):
        assert refused([LEAF, MIDDLE], [ROOT], when) == "date"
    never = make(
        "u", ED25519.public, "middle", MIDDLE_KEY, since=AFTER + timedelta(days=1), until=AFTER + timedelta(days=2)
    )
    assert refused([never, MIDDLE], [ROOT], When()) == "date"  # at no time were both good
    once = make("u", ED25519.public, "middle", MIDDLE_KEY, since=AFTER, until=AFTER + timedelta(days=1))
    assert check_chain([once, MIDDLE], [ROOT], When.at(us(AFTER))).date_known


def test_the_anchors_own_dates_are_not_judged() -> None:
    old = make("root", ROOT_KEY.public_key(), "root", ROOT_KEY, ca=True, until=NOT_BEFORE + timedelta(days=1))
    assert check_chain([LEAF, MIDDLE], [old], NOW).date_known


def test_the_units_name_is_its_common_name() -> None:
    assert certificates.unit_name(LEAF) == "KZ0417"
    two = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in ("KZ0417", "KZ0418")])
    nameless = (
        x509.CertificateBuilder()
        .subject_name(two)
        .issuer_name(two)
        .public_key(ED25519.public)
        .serial_number(1)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(AFTER)
        .sign(MIDDLE_KEY, None)
    )
    assert certificates.unit_name(nameless) == ""


def test_what_a_development_authority_and_its_certificates_say() -> None:
    pem, key = make_development_authority("A", NOT_BEFORE)
    authority = x509.load_pem_x509_certificate(pem)
    issued = x509.load_pem_x509_certificate(issue_unit_certificate(pem, key, "KZ0417", ED25519.public, NOT_BEFORE))
    for certificate, days, subject in ((authority, 3650, "CN=A"), (issued, 1825, "CN=KZ0417")):
        assert certificate.not_valid_before_utc == NOT_BEFORE
        assert certificate.not_valid_after_utc == NOT_BEFORE + timedelta(days=days)
        assert (certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()) == (subject, "CN=A")
    of_authority = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    assert [(each.critical, each.value) for each in authority.extensions][1:] == [
        (True, x509.BasicConstraints(ca=True, path_length=1)),
        (True, key_usage(key_cert_sign=True, crl_sign=True)),
        (False, of_authority),
    ]
    assert [(each.critical, each.value) for each in issued.extensions][1:] == [
        (True, x509.BasicConstraints(ca=False, path_length=None)),
        (True, key_usage(digital_signature=True)),
        (False, x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(of_authority)),
    ]


def key_usage(**uses: bool) -> x509.KeyUsage:
    none = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**(dict.fromkeys(none, False) | uses))


def test_issuing_needs_the_authoritys_own_key() -> None:
    authority, key = make_development_authority("A", datetime(2026, 1, 1, tzinfo=UTC))
    _, other = make_development_authority("A", datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(KeyUseError):
        issue_unit_certificate(authority, other, "KZ0417", ED25519.public, NOT_BEFORE)
    with pytest.raises(KeyUseError):
        issue_unit_certificate(authority, key, "KZ0417", ROOT_KEY.public_key(), NOT_BEFORE)
