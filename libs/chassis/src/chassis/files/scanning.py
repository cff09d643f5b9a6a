"""The port for a scanner of malicious content. Without one, files are served as chassis.files.content checked them.

With one, a file is `scanning` until a chore of `work` has asked the scanner, and only a `clean` file is served. Files
that were kept without a scanner are `unscanned`, and scanned as soon as there is one. A file that's `infected` stays,
for whoever has to look at it, and isn't served.
"""

from typing import Protocol

UNSCANNED, SCANNING, CLEAN, INFECTED = "unscanned", "scanning", "clean", "infected"


class Scanner(Protocol):
    """A scanner that the service's composition root brings. Off by default: there's none."""

    def is_clean(self, content: bytes) -> bool:
        """Raises what it likes when it can't be asked: the file stays as it is, and is asked about again."""
