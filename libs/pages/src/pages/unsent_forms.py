"""A form of ours that wasn't carried out, because its session had ended, another one has begun since, or the sign-in
was for another task.

The answer has the form's fields in it, hidden, for the same person to send again. So what was typed stays in the
browser that typed it: nothing is kept here.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import flask

from pages.origins import PERSON_INPUT

# What a page gives back at most; a browser writes a sign of Arabic as six.
_MOST_BYTES, _MOST_FIELDS = 65_536, 200
_MOST_SENT_BYTES = 4 * _MOST_BYTES
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# A code, a number, a day, a moment, or ids. The id of an upload stands before the name of its file.
_NOT_WRITTEN = re.compile(rf"[a-z0-9_.:/,+-]*|[0-9TZ .:/,+-]*|{_ID}\b.*", re.DOTALL)
_TOKEN, _FORM_PAGE, _FILE_INPUT = "csrf_token", "unsent_from", "unsent_file"


@dataclass(frozen=True)
class UnsentForm:
    """What a form carried. `fields`: pairs of name and value; a name may come several times. `token`: the CSRF token of
    its session. `form_page`: the page on which it stood, when it has been given back before. `file_inputs`: the
    input of each file, which a page can't give back, so the person chooses it once more."""

    fields: Sequence[tuple[str, str]]
    token: str = ""
    form_page: str = ""
    file_inputs: Sequence[str] = ()

    @property
    def written(self) -> list[str]:
        """Returns the values that somebody wrote in words, in the order of the form."""
        return [value for _, value in self.fields if not _NOT_WRITTEN.fullmatch(value)]

    @property
    def files_by_input(self) -> Mapping[str, int]:
        """Returns how many files each input had."""
        return Counter(self.file_inputs)

    @property
    def is_small(self) -> bool:
        """Returns whether a page gives the form back."""
        texts = [f"{name}{value}" for name, value in self.fields]
        texts += [self.token, self.form_page, *self.file_inputs]
        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
        return size <= _MOST_BYTES and len(self.fields) + len(self.file_inputs) <= _MOST_FIELDS


def may_be_small(request: flask.Request) -> bool:
    """Returns whether a form without files may be small enough to be given back, as far as the request's head says."""
    return request.content_length is not None and request.content_length <= _MOST_SENT_BYTES


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
    unsent = UnsentForm(
        fields,
        form.get(_TOKEN, ""),
        form.get(_FORM_PAGE, ""),
        [*form.getlist(_FILE_INPUT), *chosen],
    )
    return unsent if unsent.written and unsent.is_small else None
