"""The rules of a template: known placeholders, a length with the longest plausible values, no number that a telephone
shows turned round, no link to other hosts, no ID number.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from chassis.core.refusals import Conflict, Findings, says_something
from notify.domain.languages import stand_in
from notify.domain.texts import (
    PLACEHOLDER,
    fold_signs,
    foreign_links,
    parts_of,
    placeholders,
    write,
)
from saudi import sms
from saudi.ids import passes_luhn
from saudi.text import fold_digits

LANGUAGES = ("ar", "en")
DEFAULT_LANGUAGE = "ar"
# Further languages of a template. `domain.languages` says what a recipient gets whose language is missing.
FURTHER = ("ur", "hi", "bn")
_ARABIC_SCRIPT = ("ar", "ur")
MOST_PARTS = 4
# The author of the wordings that come with the system.
SHIPPED = "notify"
# Parameters whose value is a number, and a number of each of Arabic's six plural forms.
NUMBERS = ("days", "count")
PLURAL_SAMPLES = (0, 1, 2, 3, 11, 100)
# The longest value of a parameter, in Arabic and English. The parts of a text are counted with these values.
LONGEST: Mapping[str, tuple[str, str]] = {
    "number": ("1448/131244", "1448/131244"),
    "municipality": ("بلدية محافظة القطيف", "Qatif Governorate Municipality"),
    "body": ("شركة المياه الوطنية بالمنطقة الشرقية", "National Water Company, Eastern Region"),
    "level": ("3", "3"),
    "type": ("غطاء غرفة تفتيش مفقود أو مكسور", "Manhole cover missing or broken"),
    "place": ("بلدية محافظة القطيف", "Qatif Governorate Municipality"),
    "item": (
        "مزاولة النشاط من غير شهادة سلامة سارية",
        "Adding an activity that the licence doesn't name",
    ),
    "centre": ("المركز الطبي بمحافظة القطيف", "Medical centre of the governorate"),
    "ends": ("2026/12/24", "2026/12/24"),
    "until": ("2026/12/24", "2026/12/24"),
    "date": ("2026/12/24", "2026/12/24"),
    "days": ("60", "60"),
    "count": ("500", "500"),
    "list": (
        "144801000017 (2026/12/24)، 144801000018 (2026/12/24)، 144801000019 (2026/12/24) و497 غيرها",
        "144801000017 (2026/12/24), 144801000018 (2026/12/24), 144801000019 (2026/12/24) and 497 more",
    ),
    "biller": ("174", "174"),
    "amount": ("1250000.00", "1250000.00"),
    "what": (
        "عقد إيجار لسنة على الأقل، شهادة السلامة من الدفاع المدني، شهادات العمال الصحية، عقد النظافة",
        "A lease of at least a year, The civil defence's safety certificate, The workers' health certificates",
    ),
    "new": ("144801000018", "144801000018"),
    "for": ("طلب الشهادة الصحية 1448049000017", "health certificate request 1448049000017"),
    "code": ("482100", "482100"),
    "department": ("خدمة المستفيدين بمحافظة القطيف", "Customer service of the governorate"),
    "service": ("مقابلة مهندس رخص البناء", "Meeting the building permits engineer"),
    "day": ("2026/12/24", "2026/12/24"),
    "time": ("09:15", "09:15"),
    "until_time": ("09:45", "09:45"),
    "page": (
        "https://e-services.qatif.gov.sa/t/14480450000017",
        "https://e-services.qatif.gov.sa/t/14480450000017?lang=en",
    ),
    "link": (
        f"https://e-services.qatif.gov.sa/r/{'A' * 22}",
        f"https://e-services.qatif.gov.sa/r/{'A' * 22}?lang=en",
    ),
}
_COMMON = {"number", "municipality"}
_APPOINTMENT = {"department", "service", "day", "time"}
_GIVEN: Mapping[str, frozenset[str]] = {
    "report-linked-external": frozenset({*_COMMON, "body"}),
    "report-question": frozenset({*_COMMON, "link"}),
    "report-closed": frozenset({*_COMMON, "link"}),
    "report-alert": frozenset({*_COMMON, "type", "place"}),
    "report-escalated": frozenset({*_COMMON, "type", "place", "level"}),
    "permit-issued": frozenset({*_COMMON, "ends"}),
    "permit-ending": frozenset({*_COMMON, "ends", "days"}),
    "bill-registered": frozenset({*_COMMON, "for", "biller", "amount", "ends"}),
    "bill-cancelled": frozenset({*_COMMON, "for"}),
    **dict.fromkeys(
        (
            *("bill-settled", "payment-twice", "payment-differs", "payment-too-late"),
            *("payment-refund-wanted", "payment-account-wanted", "payment-refunded"),
        ),
        frozenset({*_COMMON, "for", "amount"}),
    ),
    **dict.fromkeys(("licence-issued", "licence-renewed"), frozenset({*_COMMON, "ends"})),
    "licence-ending": frozenset({*_COMMON, "ends", "days"}),
    "licence-moved": frozenset({*_COMMON, "new"}),
    "licence-visit": frozenset({*_COMMON, "until"}),
    "licence-application-asked": frozenset({*_COMMON, "what", "until"}),
    **dict.fromkeys(
        (
            *("licence-application-in-review", "licence-application-inspection"),
            "licence-application-returned",
        ),
        frozenset({*_COMMON, "until"}),
    ),
    **dict.fromkeys(
        ("violation-cancelled-refund", "violation-refund-requested"),
        frozenset({*_COMMON, "amount"}),
    ),
    **dict.fromkeys(
        ("violation-warned", "violation-notified"), frozenset({*_COMMON, "item", "until"})
    ),
    "appeal-received": frozenset({*_COMMON, "until"}),
    **dict.fromkeys(("delegation-named", "delegation-made"), frozenset({*_COMMON, "until"})),
    "health-request-received": frozenset({*_COMMON, "until", "centre"}),
    "health-certificate-issued": frozenset({*_COMMON, "ends"}),
    "health-certificate-ending": frozenset({*_COMMON, "ends", "days"}),
    "health-certificates-ending": frozenset({"municipality", "count", "list"}),
    **dict.fromkeys(
        ("transaction-entered", "transaction-returned"), frozenset({*_COMMON, "until"})
    ),
    **dict.fromkeys(
        ("tender-deadline", "lease-deadline"), frozenset({*_COMMON, "day", "time", "page", "link"})
    ),
    **dict.fromkeys(
        (
            *("tender-amended", "tender-answered", "tender-awarded", "tender-cancelled"),
            *("lease-amended", "lease-answered", "lease-awarded", "lease-cancelled"),
        ),
        frozenset({*_COMMON, "page", "link"}),
    ),
    "code": frozenset({"code"}),
    **dict.fromkeys(
        (
            *("appointment-booked", "appointment-requested", "appointment-moved"),
            *("appointment-affected", "appointment-kept", "appointment-request-kept"),
            "appointment-link",
        ),
        frozenset({*_COMMON, *_APPOINTMENT, "link"}),
    ),
    "appointment-offered": frozenset({*_COMMON, *_APPOINTMENT, "until_time", "link"}),
    **dict.fromkeys(
        (
            *("appointment-cancelled", "appointment-cancelled-for-you", "appointment-missed"),
            "appointment-reminder",
        ),
        frozenset({*_COMMON, *_APPOINTMENT}),
    ),
}
_NEEDED: Mapping[str, frozenset[str]] = {
    "report-closed": frozenset({"number", "link"}),
    "permit-ending": frozenset({"number", "ends"}),
    "licence-ending": frozenset({"number", "ends"}),
    "licence-application-asked": frozenset({"number", "what"}),
    "bill-registered": frozenset({"number", "biller", "amount"}),
    "health-certificate-ending": frozenset({"number", "ends"}),
    "health-certificates-ending": frozenset({"list"}),
    "code": frozenset({"code"}),
    **dict.fromkeys(
        (
            *("appointment-booked", "appointment-moved", "appointment-affected"),
            *("appointment-kept", "appointment-request-kept", "appointment-offered"),
        ),
        frozenset({"number", "day", "time", "link"}),
    ),
    "appointment-link": frozenset({"number", "link"}),
    "appointment-reminder": frozenset({"number", "day", "time"}),
    **dict.fromkeys(
        ("tender-deadline", "lease-deadline"), frozenset({"number", "day", "time", "link"})
    ),
    **dict.fromkeys(
        (
            *("tender-amended", "tender-answered", "tender-awarded", "tender-cancelled"),
            *("lease-amended", "lease-answered", "lease-awarded", "lease-cancelled"),
        ),
        frozenset({"number", "link"}),
    ),
}
_UNKNOWN_LONGEST = ("قيمة من عشرين حرفًا ", "a text of twenty let")
_TEN_DIGITS = re.compile(r"(?<![0-9])[12][0-9]{9}(?![0-9])")
_LINK_OF_VALUE = re.compile(r"://[^/\s]*\(\(|\)\)\.[^\W\d_]")


class TemplateNameTaken(Conflict):
    """Another template of the system has the name."""

    problem = "template-name-taken"


class TemplateIsArchived(Conflict):
    """An archived template gets no new wording."""

    problem = "template-is-archived"


class TemplateIsNeeded(Conflict):
    """Events use the municipality's own templates, so these can't be archived."""

    problem = "template-is-needed"


def require_not_archived(archived: bool) -> None:
    """Raises TemplateIsArchived."""
    if archived:
        raise TemplateIsArchived


def require_not_needed(*, is_own: bool) -> None:
    """Raises TemplateIsNeeded."""
    if is_own:
        raise TemplateIsNeeded


@dataclass(frozen=True)
class Length:
    """The length of a text with the longest plausible values. `units`: septets or UTF-16 code units."""

    encoding: str
    units: int
    parts: int


def longest_values(text: str, language: str) -> dict[str, str]:
    """Returns the longest plausible value of each placeholder of the text."""
    place = LANGUAGES.index(stand_in(language))
    return {name: LONGEST.get(name, _UNKNOWN_LONGEST)[place] for name in placeholders(text)}


def length(text: str, language: str) -> Length:
    """Returns the length of the text with the longest plausible values."""
    message = sms.message(_write_longest(text, language))
    return Length(message.encoding, message.units, len(message.parts))


def known_parameters(name: str) -> frozenset[str]:
    """Returns the parameters that events give to one of the municipality's own templates."""
    return _GIVEN.get(name, frozenset(_COMMON))


def needed_parameters(name: str) -> frozenset[str]:
    """Returns the parameters that every wording of one of the municipality's own templates contains."""
    return _NEEDED.get(name, frozenset({"number"}))


def check_wording(
    bodies: Mapping[str, str],
    *,
    known: Collection[str] | None,
    needed: Collection[str],
    hosts: Collection[str],
) -> None:
    """Raises InvalidFields with every fault of a wording. `bodies`: by language, with Arabic and English; `known`: the
    parameters that events give, None for a template of another system; `needed`: the parameters of every wording.
    """
    findings = Findings()
    for language in bodies:
        field = field_of(language)
        for code, params in _faults(bodies[language], language, known, hosts):
            findings.fault(field, code, **params)
        missing = sorted(set(needed) - set(placeholders(bodies[language])))
        if missing:
            findings.fault(field, "placeholder-missing", names=missing)
    for language in bodies:
        if set(placeholders(bodies["ar"])) != set(placeholders(bodies[language])):
            findings.fault(field_of(language), "placeholders-differ")
    findings.settle()


def field_of(language: str) -> str:
    """Returns the field of a language's text in a body of the API."""
    return f"body_{language}" if language in LANGUAGES else f"further.{language}"


def _faults(
    text: str, language: str, known: Collection[str] | None, hosts: Collection[str]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    fixed = PLACEHOLDER.sub(" ", text)
    if not says_something(text):
        yield "required", {}
    if "((" in fixed or "))" in fixed:
        yield "placeholder", {}
    if known is not None and not set(placeholders(text)) <= set(known):
        yield "unknown-parameter", {"allowed": sorted(known)}
    if _LINK_OF_VALUE.search(fold_signs(text)) or foreign_links(fixed, hosts):
        yield "link-host", {"allowed": sorted(hosts)}
    if any(map(passes_luhn, _TEN_DIGITS.findall(fold_digits(fold_signs(fixed))))):
        yield "id-number", {}
    shown = _write_longest(text, language)
    if language in _ARABIC_SCRIPT and (turned := sms.turned_round(shown)):
        yield "turned-round", {"found": turned}
    if parts_of(shown) > MOST_PARTS:
        yield "too-many-parts", {"limit": MOST_PARTS}


def _write_longest(text: str, language: str) -> str:
    return write(text, longest_values(text, language)).public
