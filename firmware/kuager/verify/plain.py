"""Text from a recording on its way to a terminal or a page: what a device could take for a command is shown instead."""

import unicodedata

_KEPT = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
                   "Sm", "Sc", "Sk", "So", "Zs"})  # fmt: skip


def plain(text: str) -> str:
    """The text in one line with control, format (bidirectional), surrogate and unassigned characters as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if unicodedata.category(each) in _KEPT else _escape(each) for each in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def grouped(number: int) -> str:
    """A number in groups of three with spaces that do not break: a comma is a decimal point to some readers."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
