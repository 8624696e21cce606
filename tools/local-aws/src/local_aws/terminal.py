"""Text from others, such as from messages, made safe to show on a terminal."""

from __future__ import annotations

import unicodedata

from rich.text import Text

# Control characters, which a terminal obeys; line and paragraph separators; lone surrogates, which cannot be encoded.
_ESCAPED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They change the direction of the text that follows: https://www.unicode.org/reports/tr9/#Directional_Formatting_Codes
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Texts that look the same may differ by them. The joiners, U+200C and U+200D, are kept: scripts and emoji need them.
_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0")
_ESCAPED = _BIDIRECTIONAL | _INVISIBLE


def printable(text: str, *, keep: str = "") -> str:
    r"""Write control characters and invisible characters as JSON escapes, ``\u001b``, except those in ``keep``."""
    return "".join(
        f"\\u{ord(each):04x}"
        if each not in keep and (each in _ESCAPED or unicodedata.category(each) in _ESCAPED_CATEGORIES)
        else each
        for each in text
    )


def shown(text: str, style: str = "", *, keep: str = "") -> Text:
    """Return text to print with rich, which then interprets neither markup nor emoji codes in it."""
    return Text(printable(text, keep=keep), style=style)
