"""A form of ours that wasn't carried out, because its session had ended, another one has begun since, or the sign-in
was for another task.

The answer has the form's fields in it, hidden, for the same person to send again. So what was typed stays in the
browser that typed it: nothing is kept here.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import flask

from pages.origins import PERSON_INPUT

# What a page gives back at most.
_MOST_BYTES, _MOST_FIELDS = 65_536, 200
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# A code, a number, a day, a moment, or ids. The id of an upload stands before the name of its file.
_NOT_WRITTEN = re.compile(rf"[a-z0-9_.:/,+-]*|[0-9TZ .:/,+-]*|{_ID}\b.*", re.DOTALL)
_TOKEN, _FORM_PAGE, _FILE_INPUT = "csrf_token", "unsent_from", "unsent_file"


@dataclass(frozen=True)
class UnsentForm:
    """What a form carried. `fields`: pairs of name and value; a name may come several times. `token`: the CSRF token of
    its session. `form_page`: the page on which it stood, when it has been given back before. `file_inputs`: the inputs
    whose files a page can't give back, so the person chooses them once more."""

    fields: Sequence[tuple[str, str]]
    token: str = ""
    form_page: str = ""
    file_inputs: Sequence[str] = ()

    @property
    def written(self) -> list[str]:
        """Returns the values that somebody wrote in words, in the order of the form."""
        return [value for _, value in self.fields if not _NOT_WRITTEN.fullmatch(value)]


def has_files(request: flask.Request) -> bool:
    """Returns whether a request may carry files, as far as its head says."""
    return request.mimetype == "multipart/form-data"


def read_unsent_form(request: flask.Request, unsaved: Collection[str]) -> UnsentForm | None:
    """Returns the form of a request without the inputs `unsaved`; None for a form in which nothing is written, which is
    quickly filled in again, and for a large one."""
    form = request.form
    left_out = {_TOKEN, _FORM_PAGE, _FILE_INPUT, *unsaved}
    fields = [
        (name, value)
        for name, value in form.items(multi=True)
        if name not in left_out and not name.startswith(PERSON_INPUT)
    ]
    chosen = [name for name, file in request.files.items(multi=True) if file.filename]
    file_inputs = list(dict.fromkeys([*form.getlist(_FILE_INPUT), *chosen]))
    unsent = UnsentForm(fields, form.get(_TOKEN, ""), form.get(_FORM_PAGE, ""), file_inputs)
    size = sum(len(f"{name}{value}".encode("utf-8", "surrogatepass")) for name, value in fields)
    is_small = size <= _MOST_BYTES and len(fields) + len(file_inputs) <= _MOST_FIELDS
    return unsent if unsent.written and is_small else None
