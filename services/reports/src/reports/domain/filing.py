"""The content of a new report. Parsing checks and normalises in one step, and names every field at fault.

Input has the shape of the contract's `NewReport`; `saudi` reads what people write.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chassis.core.refusals import Findings, says_something
from reports.domain.categories import Catalogue, Category, ExtraField
from reports.domain.places import Governorate, Place, parse_place
from reports.domain.reports import CITIZENS, Channel
from saudi import Malformed
from saudi.ids import parse_id
from saudi.mobiles import parse_mobile, parse_telephone
from saudi.moments import parse_moment
from saudi.text import compact, fold_digits, parse_name, tidy

LONGEST_DESCRIPTION = 4_000
LONGEST_ANSWER = 500
_LARGEST = 1e12


@dataclass(frozen=True)
class Reporter:
    """The reporter. `mobile` and `callback`, a telephone of any country, are in E.164. `confirmed`: a code, a call
    or the national login has shown that the mobile is the reporter's."""

    name: str | None = None
    mobile: str | None = None
    confirmed: bool = False
    callback: str | None = None
    id_type: str | None = None
    id_number: str | None = None
    email: str | None = None

    def record(self) -> dict[str, Any] | None:
        """Returns the known facts as plain values; None without any."""
        known = {name: value for name, value in vars(self).items() if value}
        return known if known.keys() - {"confirmed", "id_type"} else None


@dataclass(frozen=True)
class Citizen:
    """A person of the national login who files: the subject of the token, and the mobile, in E.164, that the login has
    checked."""

    subject: str
    mobile: str | None = field(repr=False)


@dataclass(frozen=True)
class Filing:
    """A new report, checked and normalised."""

    channel: Channel
    category: Category
    description: str
    place: Place
    reporter: Reporter
    language: str
    extra: dict[str, Any]


def parse(
    data: Mapping[str, Any],
    catalogue: Catalogue,
    governorate: Governorate,
    *,
    confirmed: bool,
    filed_by: Citizen | None = None,
) -> Filing:
    """Parses a new report. `confirmed`: the caller confirms the reporter's mobile. The mobile that the national login
    has checked needs no confirmation. Raises InvalidFields with every field at fault."""
    findings = Findings()
    channel = Channel(data["channel"])
    category = catalogue.categories.get(data["category"])
    if category is None:
        findings.fault("category", "category-unknown")
    reporter = parse_reporter(
        data.get("reporter") or {}, findings, required=channel in CITIZENS, confirmed=confirmed
    )
    if filed_by and filed_by.mobile and filed_by.mobile == reporter.mobile:
        reporter = replace(reporter, confirmed=True)
    place = parse_place(data.get("location") or {}, governorate, findings)
    extra = parse_extra(data.get("extra") or {}, category.fields if category else (), findings)
    description = parse_description(data["description"], findings)
    findings.settle()
    if category is None or place is None:
        raise LookupError("a filing without a category or a place has faults")
    language = data.get("language", "ar")
    return Filing(channel, category, description, place, reporter, language, extra)


def parse_description(text: str, findings: Findings) -> str:
    """Returns the text without blanks at its ends."""
    words = text.strip()
    findings.fault("description", None if says_something(words) else "required")
    if len(words) > LONGEST_DESCRIPTION:
        findings.fault("description", "too-long", limit=LONGEST_DESCRIPTION)
    return words


def parse_reporter(
    data: Mapping[str, Any], findings: Findings, *, required: bool, confirmed: bool
) -> Reporter:
    """Parses the reporter. `required`: name and mobile are required, as for a citizen."""
    name = _read_text(findings, "reporter.name", parse_name, data.get("name"), required=required)
    mobile = _read_text(
        findings, "reporter.mobile", parse_mobile, data.get("mobile"), required=required
    )
    callback = _read_text(
        findings, "reporter.callback", parse_telephone, data.get("callback"), required=False
    )
    id_type, number = data.get("id_type"), compact(data.get("id_number") or "") or None
    if number and not id_type:
        findings.fault("reporter.id_type", "required")
    elif number and id_type:
        findings.read("reporter.id_number", parse_id, id_type, number)
    email = tidy(data.get("email") or "") or None
    known = bool(mobile) and confirmed
    return Reporter(name, mobile, known, callback, id_type if number else None, number, email)


def _read_text(
    findings: Findings, path: str, parse: Any, written: str | None, *, required: bool
) -> Any:
    if not tidy(written or ""):
        findings.fault(path, "required" if required else None)
        return None
    return findings.read(path, parse, written)


def parse_extra(
    data: Mapping[str, Any], fields: tuple[ExtraField, ...], findings: Findings
) -> dict[str, Any]:
    """Parses the answers to the type's fields. Faults: `unknown` for a field of another type, `required`, `type`,
    `enum`."""
    for code in data.keys() - {one.code for one in fields}:
        findings.fault(f"extra.{code}", "unknown")
    read = {one.code: _read_answer(data.get(one.code), one, findings) for one in fields}
    return {code: value for code, value in read.items() if value is not None}


def _read_answer(written: Any, field: ExtraField, findings: Findings) -> Any:
    path = f"extra.{field.code}"
    if written is None or written in ("", []) or (isinstance(written, str) and not tidy(written)):
        findings.fault(path, "required" if field.required else None)
        return None
    if field.datatype == "multivaluelist":
        return _read_choices(written, field, path, findings)
    if field.datatype == "number":
        return _read_number(written, path, findings)
    if not isinstance(written, str):
        findings.fault(path, "type", kind="string")
        return None
    if field.datatype == "singlevaluelist":
        chosen = _read_choices([written], field, path, findings)
        return chosen[0] if chosen else None
    if field.datatype == "datetime":
        return _read_moment(written, path, findings)
    if len(written) > LONGEST_ANSWER:
        findings.fault(path, "too-long", limit=LONGEST_ANSWER)
    return written.strip()


def _read_choices(
    written: Any, field: ExtraField, path: str, findings: Findings
) -> list[str] | None:
    keys = [one.key for one in field.values]
    chosen = written if isinstance(written, list) else [written]
    if any(one not in keys for one in chosen):
        findings.fault(path, "enum", allowed=", ".join(keys))
        return None
    return [key for key in keys if key in chosen]


def _read_number(written: Any, path: str, findings: Findings) -> float | int | None:
    if isinstance(written, str):
        try:
            written = float(fold_digits(compact(written)))
        except ValueError:
            written = None
    is_number = isinstance(written, (int, float)) and not isinstance(written, bool)
    if not is_number or not abs(written) <= _LARGEST:  # this form also refuses NaN
        findings.fault(path, "number")
        return None
    return int(written) if written == int(written) else written


def _read_moment(written: str, path: str, findings: Findings) -> str | None:
    try:
        moment: datetime = parse_moment(written)
    except Malformed as fault:
        findings.fault(path, fault.code, **fault.params)
        return None
    return moment.isoformat().replace("+00:00", "Z")
