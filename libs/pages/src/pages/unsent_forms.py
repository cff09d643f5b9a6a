"""A form of ours that wasn't carried out, because its session had ended or another one has begun since.

The answer has the form's fields in it, hidden, for the person to send again. So what was typed stays in the browser
that typed it: nothing is kept here, and nobody who signs in later at the same desk reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import flask

# With files a form may be far larger, and a visitor without a session mustn't hold a thread while it arrives.
_LARGEST = 65_536
_OF_THE_SESSION = "csrf_token"


@dataclass(frozen=True)
class UnsentForm:
    """What a form carried. `fields`: pairs of name and value; a name may come several times. `has_file`: a file was
    chosen, which a page can't give back."""

    fields: Sequence[tuple[str, str]]
    has_file: bool

    @property
    def words(self) -> list[str]:
        """Returns what the person wrote, as far as it's more than a word: what one would rather not write twice."""
        return [value for _, value in self.fields if " " in value.strip()]


def read_unsent_form(request: flask.Request) -> UnsentForm | None:
    """Returns the form of a request; None for one without fields, and for one that's too large to be shown again."""
    if request.method != "POST" or (request.content_length or _LARGEST) >= _LARGEST:
        return None
    fields = [pair for pair in request.form.items(multi=True) if pair[0] != _OF_THE_SESSION]
    has_file = any(file.filename for file in request.files.values())
    return UnsentForm(fields, has_file) if fields else None
