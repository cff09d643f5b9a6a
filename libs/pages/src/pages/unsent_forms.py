"""A form of ours that wasn't carried out, because its session had ended or another one has begun since.

The answer has the form's fields in it, hidden, for the same person to send again. So what was typed stays in the
browser that typed it: nothing is kept here.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import flask

from pages.origins import PERSON_INPUT

# With files a form may be far larger, and a visitor without a session mustn't hold a thread while it arrives.
_LARGEST, _MOST_FIELDS = 65_536, 200
_SENTENCE = re.compile(r"\S\s+\S|[^\W\d_a-zA-Z]")
_FILE = re.compile(r"[0-9a-f]{8}-")  # an upload's id, and its name
_TOKEN, _FORM_PAGE = "csrf_token", "unsent_from"


@dataclass(frozen=True)
class UnsentForm:
    """What a form carried. `fields`: pairs of name and value; a name may come several times. `token`: the CSRF token of
    its session. `form_page`: the page on which it stood, when it has been given back before."""

    fields: Sequence[tuple[str, str]]
    token: str
    form_page: str

    @property
    def sentences(self) -> list[str]:
        """Returns what one wouldn't like to write twice: what has several words, or one in other letters than codes."""
        return [
            value for _, value in self.fields if _SENTENCE.search(value) and not _FILE.match(value)
        ]


def read_unsent_form(request: flask.Request, unkept: Collection[str]) -> UnsentForm | None:
    """Returns the form of a request without the inputs `unkept`; None for a form without a sentence, which is quickly
    filled in again, for one with a file, which a page can't give back, and for a large one."""
    if (request.content_length or _LARGEST) >= _LARGEST or len(request.form) > _MOST_FIELDS:
        return None
    left_out = {_TOKEN, _FORM_PAGE, *unkept}
    form = UnsentForm(
        [
            (name, value)
            for name, value in request.form.items(multi=True)
            if name not in left_out and not name.startswith(PERSON_INPUT)
        ],
        request.form.get(_TOKEN, ""),
        request.form.get(_FORM_PAGE, ""),
    )
    has_file = any(file.filename for file in request.files.values())
    return form if form.sentences and not has_file else None
