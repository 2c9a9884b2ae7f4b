"""What `kuager show` says, by language: one table, so that another language is one more column of it."""

from kuager.evidence.rules_words import CAUSES

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "unit": "Unit",
        "board": "Board",
        "carrier": "Carrier",
        "camera": "Camera",
        "microphone": "Microphone",
        "mode": "Mode",
        "procedure": "Procedure",
        "action": "Kind of action",
        "operator": "Operator",
        "opened": "Opened",
        "ended": "Ended",
        "clock": "Clock",
        "chain": "Chain",
        "protections": "Protections",
        "not-stated": "not stated",
        "witnesses": "witnesses obligatory",
        "first": "the unit's first recording",
        "follows": "follows recording {number} ({id}...)",
        "continues": "continues {id}..., interrupted at {time} by {cause}",
        "closed": "closed: {cause}",
        "died": "died: {cause}; nothing after this is proven",
        "unended": "no signed ending",
        "no-manifest": "no manifest",
        "as-manifest": "{list} (as the manifest says)",
        "none": "none",
        "timeline": "What happened (times UTC)",
        "files": "Files",
        "interval-begun": "Interval {number} begins: {streams}. Cause: {cause}",
        "pre-roll": "of it {seconds} s recorded before the press",
        "interval-ended": "Interval {number} ends after {seconds} s. Cause: {cause}",
        "gap-video": "Gap in the picture: {seconds} s, pictures missing: {count}. Cause: {cause}",
        "gap-sound": "Gap in the sound: {seconds} s, samples of silence put in: {count}. Cause: {cause}",
        "prompt": "Unit: \"{text}\"",
        "inaudible": "(shown, not heard)",
        "chapter": "Chapter {number}: {title}",
        "clause": "clause {clause}",
        "clock-step": "Clock stepped by {seconds} s, now {state}",
        "restated": "Kind of action: {action}",
        "chosen": "chosen on the unit",
        "battery": "Battery {percent} %",
        "photo": "Photograph {file}, {bytes} bytes",
        "dialogue": "Closed after the closing dialogue",
        "no-dialogue": "Closed without the closing dialogue. Cause: {cause}",
        "missing": "missing: {list}",
        "recovered": "Recovery found the recording dead. Cause: {cause}",
        "more": "and {count} more",
        "proven": "{bytes} bytes proven",
        "shown": "Shown from the journal's signed records; kuager verify checks every byte.",
        "nothing": "there is no journal here whose first record can be read; kuager verify says why",
        "video": "picture",
        "sound": "sound",
        "synchronised": "synchronised",
        "holdover": "holdover",
        "unset": "not set",
        "unknown-error": "of unknown error",
        "error": "within {seconds} s",
        **{f"cause-{cause}": words for cause, words in CAUSES.items()},
    },
}  # fmt: skip


class Words:
    """The texts of one language."""

    def __init__(self, language: str = "en") -> None:
        self._texts = TEXTS[language]

    def __call__(self, key: str, **values: object) -> str:
        """The text of this key, its places filled in."""
        return self._texts[key].format(**values)

    def cause(self, cause: str) -> str:
        """A cause in words."""
        return self._texts[f"cause-{cause}"]
