"""The form of a report by somebody without an account: its draft, its inputs, and the body for `reports`. Pure.

The rules about a report are those of `reports`. This module only brings what was typed into the shape of the contract,
and the faults that come back to the inputs that they belong to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from chassis.core.refusals import Fault
from portal.domain.inputs import trim
from saudi.bilingual import Bilingual
from saudi.coordinates import QATIF
from saudi.mobiles import mobile_words
from saudi.text import compact, fold_digits

# The problem of a submission under which another report was filed.
SUBMISSION_USED = "submission-used"
MOST_PHOTOS = 10
INPUTS = ("description", "place", "landmark", "latitude", "longitude", "name", "mobile")
PLACE_MARK = "|"  # stands between town and district in a choice of the place
SEVERAL = "multivaluelist"
_EXTRA = "extra-"
# Field of the contract → input of the form.
_INPUT_OF_FIELD = {
    "description": "description",
    "location": "place",
    "location.town": "place",
    "location.district": "place",
    "location.landmark": "landmark",
    "location.latitude": "latitude",
    "location.longitude": "longitude",
    "reporter.name": "name",
    "reporter.mobile": "mobile",
}


@dataclass(frozen=True)
class Question:
    """A further question of a type. `datatype`: a datatype of Open311's attributes. `choices`: key and words."""

    code: str
    words: Bilingual
    datatype: str
    required: bool
    choices: Sequence[tuple[str, Bilingual]] = ()

    @property
    def input(self) -> str:
        """Returns the name of the question's input."""
        return _EXTRA + self.code


@dataclass(frozen=True)
class ReportKind:
    """A type of reports. `alert`: danger, of which the duty officer is told at once. `public`: everybody may read such
    reports."""

    code: str
    words: Bilingual
    alert: bool
    public: bool
    questions: Sequence[Question] = ()


@dataclass(frozen=True)
class SentPhoto:
    """A photo that `reports` keeps until the report claims it. `upload_key` proves whose photo it is; `digest` tells
    a photo that is sent again; `position`: latitude and longitude of the camera, which only a form proposes."""

    attachment_id: str
    upload_key: str = field(repr=False)
    name: str
    digest: str
    position: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class ReportDraft:
    """What a browser has entered so far.

    `preview`: what `reports` said of the draft as it is. `sent`: the body that was sent first, until its outcome is
    known. `filed`: the report, which is all that is left of a draft then. `has_unsent_changes`: what was filed
    is older than the last change, as by a second tab. `person`: the subject of the citizen who was signed in at a step,
    or nothing.
    """

    submission_id: str
    person: str = ""
    photos: Sequence[SentPhoto] = ()
    category: str | None = None
    typed: Mapping[str, Any] = field(default_factory=dict)
    preview: Mapping[str, Any] | None = None
    sent: Mapping[str, Any] | None = None
    filed: Mapping[str, Any] | None = None
    has_unsent_changes: bool = False

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "ReportDraft":
        """Reads what `record` wrote."""
        photos = [
            SentPhoto(**{**one, "position": tuple(one["position"]) if one["position"] else None})
            for one in document["photos"]
        ]
        return cls(**{**document, "photos": tuple(photos)})

    def record(self) -> dict[str, Any]:
        """Returns the draft as plain values."""
        photos = [
            {**vars(one), "position": one.position and list(one.position)} for one in self.photos
        ]
        return {**vars(self), "photos": photos}

    @property
    def is_empty(self) -> bool:
        """Returns whether nothing was entered."""
        return not (self.photos or self.category or self.typed)


Change = Callable[[ReportDraft], ReportDraft]


def add_photo(photo: SentPhoto) -> Change:
    """Adds a photo. A photo of the same content is there already, as after a double click."""

    def change(draft: ReportDraft) -> ReportDraft:
        known = {one.digest for one in draft.photos}
        if photo.digest in known or len(draft.photos) >= MOST_PHOTOS:
            return draft
        return replace(draft, photos=(*draft.photos, photo))

    return change


def remove_photo(attachment_id: str) -> Change:
    """Removes a photo; `reports` drops the file, which nothing claims."""

    def change(draft: ReportDraft) -> ReportDraft:
        kept = tuple(one for one in draft.photos if one.attachment_id != attachment_id)
        return replace(draft, photos=kept)

    return change


def choose_kind(code: str) -> Change:
    """Chooses the type. What was typed stays."""
    return lambda draft: replace(draft, category=code, preview=None)


def enter_details(typed: Mapping[str, Any]) -> Change:
    """Keeps what was typed, and the answers to the questions of another type."""
    return lambda draft: replace(draft, typed={**draft.typed, **typed}, preview=None)


def keep_preview(checked: ReportDraft, preview: Mapping[str, Any]) -> Change:
    """Keeps what `reports` said of the draft that `reports` checked. A draft that changed meanwhile stays as it is."""
    return lambda draft: replace(draft, preview=dict(preview)) if draft == checked else draft


def begin_sending(body: Mapping[str, Any]) -> Change:
    """Keeps the first body whose outcome isn't known. A draft of another submission stays as it is."""

    def change(draft: ReportDraft) -> ReportDraft:
        if draft.submission_id != body["submission_id"] or draft.sent or draft.filed:
            return draft
        return replace(draft, sent=dict(body))

    return change


def note_refusal(body: Mapping[str, Any]) -> Change:
    """Forgets the body that was refused: nothing was filed of it. An earlier body, whose outcome isn't known, stays."""
    return lambda draft: replace(draft, sent=None) if draft.sent == body else draft


def note_filing(body: Mapping[str, Any], kind: ReportKind, report: Mapping[str, Any]) -> Change:
    """Leaves the report that was filed of the body, and nothing of the person; notes whether the draft has what wasn't
    sent. A draft of another submission stays as it is, because a person has begun a new report meanwhile."""

    def change(draft: ReportDraft) -> ReportDraft:
        if draft.submission_id != body["submission_id"] or draft.filed:
            return draft
        content, _ = report_body(draft, kind, body["language"])
        is_sent = draft.category == kind.code and submission_of(draft, content) == body
        return ReportDraft(
            submission_id=draft.submission_id, filed=dict(report), has_unsent_changes=not is_sent
        )

    return change


def read_details(
    values_of: Callable[[str], Sequence[str]], kind: ReportKind
) -> dict[str, str | list[str]]:
    """Returns what was typed. `values_of` answers the values of an input, in order."""
    details = {name: next(iter(_stripped(values_of(name))), "") for name in INPUTS}
    return {**details, **read_answers(values_of, kind.questions)}


def read_answers(
    values_of: Callable[[str], Sequence[str]], questions: Iterable[Question]
) -> dict[str, str | list[str]]:
    """Returns what was typed for the questions, by input: all values of a question with several answers, else one."""
    typed: dict[str, str | list[str]] = {}
    for one in questions:
        values = _stripped(values_of(one.input))
        typed[one.input] = values if one.datatype == SEVERAL else next(iter(values), "")
    return typed


def _stripped(values: Sequence[str]) -> list[str]:
    return [trim(one) for one in values]


def propose_position(draft: ReportDraft) -> dict[str, str]:
    """Returns latitude and longitude of the first photo that was taken in the governorate, unless the person has seen
    the inputs already."""
    if "latitude" in draft.typed:
        return {}
    for photo in draft.photos:
        if photo.position is not None and QATIF.contain(*photo.position):
            latitude, longitude = photo.position
            return {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"}
    return {}


def typed_reporter(known: Mapping[str, Any]) -> dict[str, str]:
    """Returns what `reports` knows of a citizen, by input."""
    mobile = known["mobile"]
    return {"name": known["name"], "mobile": mobile_words(mobile) if mobile else ""}


def report_body(
    draft: ReportDraft, kind: ReportKind, language: str
) -> tuple[dict[str, Any], list[Fault]]:
    """Returns the content of the report in the shape of the contract, and the faults of coordinates that are no
    numbers or no degrees, which the body leaves out."""
    typed = draft.typed
    location, faults = _location(typed)
    body = {
        "category": kind.code,
        "description": _text(typed, "description"),
        "location": location,
        "reporter": {"name": _text(typed, "name"), "mobile": _text(typed, "mobile")},
        "language": language,
        "extra": answers_of(typed, kind.questions),
    }
    return body, faults


def answers_of(typed: Mapping[str, Any], questions: Iterable[Question]) -> dict[str, Any]:
    """Returns the answers to the questions in the shape of the contract. A question without an answer is left out."""
    return {one.code: answer for one in questions if (answer := _answer(typed, one))}


def _location(typed: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    town, _, district = _text(typed, "place").partition(PLACE_MARK)
    texts = {"town": town, "district": district, "landmark": _text(typed, "landmark")}
    location: dict[str, Any] = {name: text for name, text in texts.items() if text}
    faults = []
    for name, most in (("latitude", 90), ("longitude", 180)):
        written = compact(_text(typed, name))
        number = _number(written)
        if number is not None:
            location[name] = number
            if abs(number) > most:
                faults.append(Fault(f"location.{name}", "degrees", {"limit": most}))
        elif written:
            faults.append(Fault(f"location.{name}", "number"))
    if faults:
        location = {name: one for name, one in location.items() if name in texts}
    return location, faults


def _number(written: str) -> float | None:
    try:
        number = float(fold_digits(written).replace("٫", "."))
    except ValueError:
        return None
    return number if isfinite(number) else None


def _answer(typed: Mapping[str, Any], question: Question) -> Any:
    if question.datatype == SEVERAL:
        found = typed.get(question.input) or []
        return [one for one in found if one]
    written = _text(typed, question.input)
    is_moment = question.datatype == "datetime" and len(written) == len("2026-11-29T10:00")
    return f"{written}:00+03:00" if is_moment else written  # a browser leaves the seconds out


def _text(typed: Mapping[str, Any], name: str) -> str:
    found = typed.get(name, "")
    return found if isinstance(found, str) else ""


def submission_of(draft: ReportDraft, body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the body of the filing: the content, the photos, and the id by which a report is filed once."""
    photos = [
        {"attachment_id": one.attachment_id, "upload_key": one.upload_key} for one in draft.photos
    ]
    return {**body, "submission_id": draft.submission_id, "photos": photos}


def input_of_field(path: str) -> str:
    """Returns the input to which a fault of a field leads; empty for what has no input on the form."""
    if path.startswith("extra."):
        return _EXTRA + path.split(".")[1]
    return _INPUT_OF_FIELD.get(path, "")


def needed_faults(
    found: Iterable[Mapping[str, Any]], local: Sequence[Fault]
) -> list[Mapping[str, Any]]:
    """Returns the faults that `reports` named, without «no location» where the coordinates were left out."""
    return [one for one in found if not (local and one["field"] == "location")]
