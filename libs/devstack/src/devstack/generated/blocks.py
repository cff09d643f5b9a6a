"""Blocks of generated lines within a file that is otherwise written by hand.

A block stands between two comments, `generated: NAME` and `end of NAME`, in whatever the file's comments look like.
"""

import re
from collections.abc import Mapping


class BlockError(Exception):
    """A file doesn't have the markers of its blocks."""


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """The text with its blocks' lines anew. Raises BlockError when a block isn't there once."""
    for name, lines in blocks.items():
        pattern = rf"(^[^\n]*\bgenerated: {name}\b[^\n]*\n).*?(^[^\n]*\bend of {name}\b)"
        found = list(re.finditer(pattern, text, re.M | re.S))
        if len(found) != 1:
            raise BlockError(f"{len(found)} blocks are called {name}, not one")
        text = text[: found[0].end(1)] + lines + text[found[0].start(2) :]
    return text
