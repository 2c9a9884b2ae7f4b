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
        findings.add("K201", "no trusted authority was given (--trust): whose signature this is can't be said")
    for signer in dict.fromkeys(signers):
        try:
            chain = certificates.load_der(list(signer.certificates))
            if certificates.unit_name(chain[0]) != unit:
                findings.add(
                    "K205", f"`{signer.record}` is signed by {certificates.unit_name(chain[0])}, not by {unit}"
                )
            if any(certificates.is_development(certificate) for certificate in chain):
                findings.add("K206", "signed under a development authority: training, not evidence")
            if anchors is not None:
                _judge(findings, signer, chain, anchors)
        except CertificateError as error:
            findings.add("K202", f"the certificates in `{signer.record}`: {error}")
        except ValueError as error:  # the library finds malformed extensions only when they are asked for
            findings.add("K202", f"the certificates in `{signer.record}` are malformed: {error}")


def _judge(findings: Findings, signer: Signer, chain: list[x509.Certificate], anchors: list[x509.Certificate]) -> None:
    stamp = signer.stamp
    known = stamp.state != "unset" and stamp.uncertainty_us < UNKNOWN_US
    when = When.at(stamp.utc_us, stamp.uncertainty_us) if known else When()
    try:
        proven = certificates.check_chain(chain, anchors, when)
    except CertificateError as error:
        code = "K203" if error.reason == "date" else "K202"
        at = f" ({iso(stamp.utc_us)})" if error.reason == "date" else ""
        findings.add(code, f"`{signer.record}`: {error}{at}")
        return
    if proven.development:
        findings.add("K206", "signed under a development authority: training, not evidence")
    if not proven.date_known:
        findings.add("K204", f"date not known: the unit's clock was not set for sure when it wrote `{signer.record}`")
