"""The rules by which a recording is judged: one table, from which FORMAT.md's chapter *Verdicts* is taken.

Codes are stable: a code never changes its meaning and is never given again. The hundreds are what a rule is about: 1
what is there to read, 2 who signed, 3 the journal, 4 intervals and media, 5 how the recording ends, 6 the manifest
and the files beside it, 7 several recordings of one unit, 8 the pictures themselves.
"""

from enum import Enum
from typing import NamedTuple


class Leads(Enum):
    """What a finding leads to."""

    NOT_AUTHENTIC = "not authentic"
    CANNOT = "cannot be checked"
    ENDS_EARLY = "authentic, ends early"
    NOTE = "note"


class Rule(NamedTuple):
    """What a rule asks, and what it leads to where the answer is no."""

    leads: Leads
    asks: str


_NOT, _CANNOT, _EARLY, _NOTE = Leads.NOT_AUTHENTIC, Leads.CANNOT, Leads.ENDS_EARLY, Leads.NOTE

RULES: dict[str, Rule] = {
    "K101": Rule(_CANNOT, "There is a journal to read: journal-01.cborseq is a regular file that is not empty."),
    "K102": Rule(_CANNOT, "The journal begins with a whole `opened` record, which holds the key for its checkpoints."),
    "K103": Rule(_NOT, "`opened` agrees with itself: its name begins with unit and number."),
    "K104": Rule(_CANNOT, "The recording's version of the format is one that this checker knows."),
    "K105": Rule(_NOTE, "The folder has the recording's name."),
    "K106": Rule(_CANNOT, "Every file can be read to its end; an error of the carrier proves nothing."),
    "K201": Rule(_CANNOT, "A trusted authority was given."),
    "K202": Rule(_CANNOT, "The signers' certificates lead to a trusted authority."),
    "K203": Rule(_CANNOT, "The signers' certificates were valid on the recording's date."),
    "K204": Rule(_NOTE, "The date is known: the unit's clock was set, so that certificate dates could be checked."),
    "K205": Rule(_NOT, "All signers' certificates name the unit that `opened` names."),
    "K206": Rule(_NOTE, "The signer is no training unit: no certificate carries the DEVELOPMENT extension."),
    "K207": Rule(_NOT, "The signature of `opened` is good."),
    "K208": Rule(_NOT, "The manifest is a COSE_Sign1 whose signature by the unit is good."),
    "K301": Rule(_NOT, "No record before a signed one is damaged or missing: `prev` is the digest of the one before."),
    "K302": Rule(_NOT, "Linked records are numbered one after another from 0."),
    "K303": Rule(_NOT, "The newest signature of a journal is good, or nothing stands after it."),
    "K304": Rule(_NOT, "Exactly `opened`, `checkpoint`, `died` and `closed` are signed."),
    "K305": Rule(_NOT, "Within one boot no record's CLOCK_BOOTTIME is before that of the record ahead of it."),
    "K306": Rule(_NOT, "The body of each proven record keeps the rules and limits of its type."),
    "K307": Rule(_NOT, "`opened` is the first record and there is no other; no signed record comes after `closed`."),
    "K308": Rule(_NOT, "Each further journal file in which anything is proven begins with `died`; none is missing."),
    "K309": Rule(_NOTE, "No bytes stand in a journal after its last proven record (unproven tail; never counted)."),
    "K310": Rule(_NOTE, "All record types are known to this checker; others are kept and chained, and ignored."),
    "K311": Rule(_NOTE, "UTC keeps step with CLOCK_BOOTTIME within 2 s, or a `clock-step` record says why not."),
    "K312": Rule(_NOT, "At most 8192 records and 36 MiB stand between two signed ones; counts keep their limits."),
    "K401": Rule(_NOT, "Each chunk of a media file has the digest that the journal gives."),
    "K402": Rule(_NOT, "The chunks of each file tile it from byte 0 without gap or overlap."),
    "K403": Rule(_NOT, "No file is shorter than its proven chunks."),
    "K404": Rule(_NOT, "Each file that the journal proves is there, and is a regular file."),
    "K405": Rule(_NOTE, "No bytes stand in a media file after its last proven chunk (unproven tail; never counted)."),
    "K406": Rule(_NOT, "Intervals begin and end in turn; chunks belong to the open one, file after file."),
    "K407": Rule(_NOT, "Each photograph has the size and digest that the journal gives."),
    "K408": Rule(_NOT, "No fragment ends before it begins, or begins before the one ahead of it in its file did."),
    "K501": Rule(_EARLY, "`closed` lists nothing as missing."),
    "K502": Rule(_EARLY, "The recording was closed, not ended by a `died` record that recovery signed."),
    "K503": Rule(_CANNOT, "The recording has a signed ending: `closed` or `died`."),
    "K504": Rule(_NOT, "The journals are as `died` found them: length, proven length, digest of the torn tail."),
    "K505": Rule(_NOT, "No interval is left open in a recording that was closed."),
    "K601": Rule(_NOTE, "There is a manifest; without it a signed ending is judged by the journal alone."),
    "K602": Rule(_NOT, "The manifest keeps the rules and limits of its form."),
    "K603": Rule(_NOT, "The manifest says what the journal says: identity, head, intervals, chapters, chain, ending."),
    "K604": Rule(_NOT, "Each file that the manifest lists has exactly its size and digest."),
    "K605": Rule(_NOT, "Each file that the manifest lists is there, and is a regular file."),
    "K606": Rule(_NOT, "SHA256SUMS has the digest that the manifest gives."),
    "K607": Rule(_NOT, "manifest.tbs, manifest.sig and unit.pem agree with the manifest and the journal."),
    "K608": Rule(_NOTE, "SHA256SUMS, manifest.tbs, manifest.sig and unit.pem are there (all follow from the rest)."),
    "K609": Rule(_NOTE, "The folder holds nothing that the manifest, or without it the journal, does not list."),
    "K610": Rule(_NOT, "The manifest lists every file that the journal proves."),
    "K701": Rule(_NOT, "The recording ends with the head that its successor, or the unit's own journal, names."),
    "K702": Rule(_NOT, "Every recording that the unit's own journal places on this carrier is on it."),
    "K703": Rule(_NOTE, "The recordings given follow one another without one missing between them."),
    "K704": Rule(_NOT, "No two different recordings bear one unit's same number, or the same id."),
    "K705": Rule(_NOTE, "The unit's own journal on the carrier is whole, and signed by the unit."),
    "K801": Rule(_NOTE, "No picture is missing between two others without a declared gap."),
    "K802": Rule(_NOTE, "No picture comes twice running."),
    "K803": Rule(_NOT, "Every picture bears this unit and number, in cells and SEI alike, and counts on."),
    "K804": Rule(_NOTE, "The cell strip and the SEI of every picture can be read."),
    "K805": Rule(_NOTE, "The pictures of each proven file can be decoded."),
    "K806": Rule(_NOTE, "The time in each picture's mark lies within its chunk's time, 0.2 s either way."),
}  # fmt: skip
"""Code -> rule. `asks` states what holds in a sound recording; a finding says that it does not."""


def as_markdown() -> str:
    """The table as FORMAT.md prints it."""
    rows = [f"| {code} | {rule.asks} | {rule.leads.value} |" for code, rule in RULES.items()]
    return "\n".join(["| code | what is asked | if not |", "|---|---|---|", *rows])
