"""English words for what the journal says in one: the only place that has them, for verdicts and timelines alike."""

from kuager.evidence.records import Cause

CAUSES: dict[Cause, str] = {
    "press": "the record button",
    "closing": "the closing dialogue",
    "break": "a break declared by the officer",
    "mode": "a change of mode",
    "power": "loss of power",
    "camera": "the camera",
    "microphone": "the microphone",
    "carrier": "the carrier",
    "software": "a failure of a program",
    "heat": "overheating",
    "shutdown": "the unit was shut down",
    "limit": "a limit of the unit",
}
"""Cause -> what it was, as it ends the sentence 'because of ...' or stands alone."""
