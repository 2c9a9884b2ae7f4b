"""Who signed, and whether the one who asks trusts them (rules K201 to K206).

Nothing here can turn tampering into anything better: who may sign is a question of its own.
"""

from collections.abc import Iterable
from typing import NamedTuple

from cryptography import x509

from kuager.evidence import certificates
from kuager.evidence.certificates import CertificateError, When
from kuager.evidence.records import Stamp
from kuager.evidence.verdict import Findings, iso

UNKNOWN_US = 2**52
"""A stamp's uncertainty from which on nothing is known of its error."""


class Signer(NamedTuple):
    """Certificates that a signed record carries (DER, the unit's first), what they signed, and when."""

    record: str
    certificates: tuple[bytes, ...]
    stamp: Stamp


def check(findings: Findings, signers: Iterable[Signer], anchors: list[x509.Certificate] | None, unit: str) -> None:
    """Judge each signer's chain for its own time. `anchors` None: no authority was given."""
    if anchors is None:
        findings.add("K201", "trust")
    for signer in dict.fromkeys(signers):
        try:
            chain = certificates.load_der(list(signer.certificates))
            if certificates.unit_name(chain[0]) != unit:
                name = certificates.unit_name(chain[0])
                findings.add("K205", "unit", type=signer.record, name=name, unit=unit)
            if any(certificates.is_development(certificate) for certificate in chain):
                findings.add("K206", "training")
            if anchors is not None:
                _judge(findings, signer, chain, anchors)
        except CertificateError as error:
            findings.add("K202", error.reason, "", None, None, str(error), type=signer.record)
        except ValueError as error:  # the library finds malformed extensions only when they are asked for
            findings.add("K202", "malformed", "", None, None, str(error), type=signer.record)


def _judge(findings: Findings, signer: Signer, chain: list[x509.Certificate], anchors: list[x509.Certificate]) -> None:
    stamp = signer.stamp
    known = stamp.state != "unset" and stamp.uncertainty_us < UNKNOWN_US
    when = When.at(stamp.utc_us, stamp.uncertainty_us) if known else When()
    try:
        proven = certificates.check_chain(chain, anchors, when)
    except CertificateError as error:
        if error.reason == "date":
            findings.add("K203", "date", type=signer.record, at=iso(stamp.utc_us))
        elif error.reason == "untrusted":
            findings.add("K202", "untrusted", type=signer.record, issuer=error.issuer)
        else:
            findings.add("K202", error.reason, "", None, None, str(error), type=signer.record)
        return
    if proven.development:
        findings.add("K206", "training")
    if not proven.date_known:
        findings.add("K204", "clock", type=signer.record)
