"""What a decision says to people: titles of conditions and sources, and the sentences of stored findings."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from saudi.bilingual import Bilingual
from saudi.day_names import gregorian_words, hijri_words
from saudi.days import FIRST_DAY, LAST_DAY
from saudi.plurals import Noun, counted

CONDITION_TITLES: Mapping[str, Bilingual] = {
    "activity-offered": Bilingual(
        "النشاط متاح في البلدية", "The activity is offered in the municipality"
    ),
    "owner-age": Bilingual("عمر المالك", "The owner's age"),
    "owner-eligible": Bilingual(
        "المالك سعودي أو مستثمر أجنبي مرخص", "The owner is Saudi or a licensed foreign investor"
    ),
    "establishment-needed": Bilingual("المنشأة", "The establishment"),
    "establishment-active": Bilingual(
        "المنشأة نشطة باسم المالك", "The establishment is active in the owner's name"
    ),
    "lease-term": Bilingual("عقد إيجار لسنة على الأقل", "A lease of at least a year"),
    "civil-defence": Bilingual(
        "شهادة السلامة من الدفاع المدني", "The civil defence's safety certificate"
    ),
    "building-use": Bilingual(
        "رخصة البناء تسمح بالنشاط", "The building permit allows the activity"
    ),
    "health-certificates": Bilingual("شهادات العمال الصحية", "The workers' health certificates"),
    "cleaning-contract": Bilingual("عقد النظافة", "The cleaning contract"),
    "engineering-classification": Bilingual(
        "التصنيف الهندسي سارٍ يوم التقديم ويوم الاعتماد",
        "The engineering classification is valid on the days of submission and approval",
    ),
    "no-unpaid-violation": Bilingual("لا مخالفات نهائية غير مسددة", "No final violation is unpaid"),
    "renewal-window": Bilingual("موعد التجديد", "The time of the renewal"),
    "licence-live": Bilingual("الرخصة قائمة", "The licence is there"),
    "place-not-stopped": Bilingual(
        "لا رخصة موقوفة أو مغلقة أو تُغلق لمخالفة، للمنشأة أو مالكها في الموقع أو للمهنة نفسها",
        "No licence of the establishment or its owner is suspended, closed or to be closed at the place or for the"
        " profession",
    ),
    "licence-not-stopped": Bilingual(
        "الرخصة غير موقوفة ومحلها غير مغلق",
        "The licence is not suspended, and its place is not closed",
    ),
    "municipal-review": Bilingual("مراجعة البلدية", "The municipality's review"),
    "inspection": Bilingual("معاينة الموقع", "The inspection of the place"),
}
SOURCE_TITLES: Mapping[str, Bilingual] = {
    "rules": Bilingual("القواعد", "the rules"),
    "civil_register": Bilingual("الأحوال المدنية", "the civil register"),
    "commercial_register": Bilingual("السجل التجاري", "the commercial register"),
    "lease_register": Bilingual("سجل الإيجار", "the lease register"),
    "civil_defence": Bilingual("الدفاع المدني", "the civil defence"),
    "engineers_register": Bilingual("هيئة المهندسين", "the engineers' register"),
    "permits": Bilingual("رخص البناء في البلدية", "the municipality's building permits"),
    "health_certs": Bilingual(
        "الشهادات الصحية في البلدية", "the municipality's health certificates"
    ),
    "licences": Bilingual("سجلات الرخص في البلدية", "the municipality's records of licences"),
    "officer": Bilingual("وثيقة تحقق منها موظف البلدية", "a document that an officer verified"),
    "inspector": Bilingual("مراقب البلدية", "the municipality's inspector"),
}
# Instead of a verdict, and of the inputs that say it.
_UNKNOWN_BECAUSE: Mapping[str, Bilingual] = {
    "declared": Bilingual("لم يُذكر رقمه في الطلب", "its number is not given in the application"),
    "registered": Bilingual(
        "غير مسجل بهذا الرقم لصاحب الطلب", "not registered under this number for the applicant"
    ),
}
# Instead of «nothing is known yet», where the municipality itself acts.
_NOT_YET: Mapping[str, Bilingual] = {
    "municipal-review": Bilingual("لم ينظر فيها الموظف بعد", "no officer has looked yet"),
    "inspection": Bilingual("لم تُسجل نتيجتها بعد", "no result is recorded yet"),
}
# The verdict says it, or the inputs beside it do.
_SAID_OTHERWISE = frozenset((*_UNKNOWN_BECAUSE, "as_declared", "fault"))
_VERDICTS: Mapping[bool | None, Bilingual] = {
    True: Bilingual("متحقق", "satisfied"),
    False: Bilingual("غير متحقق", "not satisfied"),
    None: Bilingual("لم يصل ما يثبته بعد", "nothing is known yet"),
}
_INPUTS: Mapping[str, Bilingual] = {
    "not_offered": Bilingual("غير المتاح منها", "not offered"),
    "activities": Bilingual("الأنشطة المطلوبة", "activities"),
    "years": Bilingual("عدد السنوات", "years"),
    "area_m2": Bilingual("المساحة بالمتر المربع", "area in m2"),
    "immediate_up_to_m2": Bilingual("تُصدر فورًا حتى", "issued at once up to"),
    "not_immediate": Bilingual(
        "أنشطة لا تُصدر رخصها فورًا", "activities whose licences are never issued at once"
    ),
    "age": Bilingual("العمر بالسنوات", "age in years"),
    "least": Bilingual("أقل عمر", "least age"),
    "nationality": Bilingual("الجنسية", "nationality"),
    "investor_licence": Bilingual("رخصة الاستثمار", "investor's licence"),
    "found": Bilingual("موجود", "found"),
    "declared_from": Bilingual("في الطلب من", "declared from"),
    "declared_until": Bilingual("في الطلب إلى", "declared to"),
    "unified_number": Bilingual("الرقم الموحد", "unified number"),
    "status": Bilingual("الحالة", "status"),
    "is_owner": Bilingual("المالك مسجل فيها", "names the owner"),
    "starts_on": Bilingual("من", "from"),
    "ends_on": Bilingual("إلى", "to"),
    "least_years": Bilingual("أقل مدة بالسنوات", "least years"),
    "expires_on": Bilingual("تنتهي", "ends on"),
    "opens_on": Bilingual("يُفتح التجديد", "renewable from"),
    "use_class": Bilingual("الاستخدام", "use"),
    "workers": Bilingual("العمال", "workers"),
    "certified": Bilingual("حملة الشهادات", "with a certificate"),
    "least_share": Bilingual("أقل نسبة %", "least share in %"),
    "number": Bilingual("الرقم", "number"),
    "valid_from": Bilingual("سارٍ من", "valid from"),
    "valid_until": Bilingual("سارٍ إلى", "valid until"),
    "submitted_on": Bilingual("يوم التقديم", "submitted on"),
    "decided_on": Bilingual("يوم البت", "decided on"),
    "unpaid_final": Bilingual("المخالفات غير المسددة", "unpaid violations"),
    "stopped": Bilingual("الرخص", "licences"),
    "of_owner": Bilingual("لمنشأة أخرى للمالك", "of another establishment of the owner"),
    "closing": Bilingual("مخالفات توجب الإغلاق", "violations for which it is to be closed"),
    "verdict": Bilingual("النتيجة", "verdict"),
}
# The words of a source's or a register's values, for people.
_VALUES: Mapping[Any, Bilingual] = {
    True: Bilingual("نعم", "yes"),
    False: Bilingual("لا", "no"),
    None: Bilingual("لا يوجد", "none"),
    "saudi": Bilingual("سعودي", "Saudi"),
    "gcc": Bilingual("خليجي", "GCC citizen"),
    "foreign": Bilingual("غير سعودي", "foreign"),
    "active": Bilingual("نشط", "active"),
    "struck_off": Bilingual("مشطوب", "struck off"),
    "valid": Bilingual("سارية", "valid"),
    "completed": Bilingual("منجزة", "completed"),
    "suspended": Bilingual("موقوفة", "suspended"),
    "cancelled": Bilingual("ملغاة", "cancelled"),
    "closed": Bilingual("مغلق لمخالفة", "closed for a violation"),
    "superseded": Bilingual("مستبدلة", "superseded"),
    "expired": Bilingual("منتهية", "expired"),
    "renewed": Bilingual("مجددة", "renewed"),
    "residential": Bilingual("سكني", "residential"),
    "commercial": Bilingual("تجاري", "commercial"),
    "residential_commercial": Bilingual("سكني تجاري", "residential and commercial"),
    "industrial": Bilingual("صناعي", "industrial"),
    "governmental": Bilingual("حكومي", "governmental"),
    "agricultural": Bilingual("زراعي", "agricultural"),
    "utility": Bilingual("مرافق", "utility"),
    "approved": Bilingual("موافقة", "approved"),
    "refused": Bilingual("رفض", "refused"),
    "passed": Bilingual("مجتازة", "passed"),
    "failed": Bilingual("غير مجتازة", "failed"),
}


def explain_finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a stored finding with its words: `{code, satisfied, ar, en, inputs, source}`."""
    title, verdict = condition_title(finding["code"]), _verdict_of(finding)
    source = source_title(finding["source"])
    inputs = _inputs(finding["inputs"])
    told = Bilingual(
        _sentence(f"{title.ar}: {verdict.ar}", inputs.ar, f"، بحسب {source.ar}" if source else ""),
        _sentence(f"{title.en}: {verdict.en}", inputs.en, f", by {source.en}" if source else ""),
    )
    if finding["inputs"].get("fault") in _LEASE_FAULTS and source is not None:
        told = _explain_lease(title, source, finding["inputs"])
    return {
        "code": finding["code"],
        "satisfied": finding["satisfied"],
        **told.pair(),
        "inputs": dict(finding["inputs"]),
        "source": finding["source"],
    }


# As the words stand after «من» and «عن».
_YEAR = Noun(zero="لا سنوات", one="سنة", two="سنتين", few="سنوات", many="سنة", other="سنة")
# Why a lease doesn't do, and what the applicant does about it.
_LEASE_FAULTS: Mapping[str, tuple[Bilingual, Bilingual]] = {
    "ended": (
        Bilingual("وقد انتهى", "it has ended"),
        Bilingual("جددوا العقد أو صححوا رقمه", "Renew the lease, or correct its number"),
    ),
    "not_begun": (
        Bilingual("ولم يبدأ بعد", "it has not begun"),
        Bilingual(
            "قدموا الطلب بعد أن يبدأ، أو صححوا رقمه",
            "Apply once it has begun, or correct its number",
        ),
    ),
    "too_short": (
        Bilingual("ومدته أقل من {years}", "it is shorter than {years}"),
        Bilingual(
            "مددوا العقد لمدة لا تقل عن {years}، أو صححوا رقمه",
            "Extend the lease to {years} at least, or correct its number",
        ),
    ),
}


def _explain_lease(title: Bilingual, source: Bilingual, inputs: Mapping[str, Any]) -> Bilingual:
    """Returns in sentences what the register says of a lease that doesn't do, and what the application said."""
    fault, advice = _LEASE_FAULTS[inputs["fault"]]
    years = _years(inputs["least_years"])
    starts, ends = (
        day_in_both_calendars(inputs["starts_on"]),
        day_in_both_calendars(inputs["ends_on"]),
    )
    arabic = [
        f"{title.ar}: غير متحقق",
        f"بحسب {source.ar}: العقد من {starts.ar} إلى {ends.ar}، {fault.ar.format(years=years.ar)}",
    ]
    english = [
        f"{title.en}: not satisfied",
        f"By {source.en}, the lease runs from {starts.en} to {ends.en}: "
        + fault.en.format(years=years.en),
    ]
    if inputs.get("as_declared") is False:
        first, last = (
            day_in_both_calendars(inputs["declared_from"]),
            day_in_both_calendars(inputs["declared_until"]),
        )
        arabic.append(f"وفي الطلب أنه من {first.ar} إلى {last.ar}، وهو غير ذلك")
        english.append(f"But the application says from {first.en} to {last.en}")
    arabic.append(advice.ar.format(years=years.ar))
    english.append(advice.en.format(years=years.en))
    return Bilingual(". ".join(arabic) + ".", ". ".join(english) + ".")


def _years(count: int) -> Bilingual:
    return Bilingual(counted(count, _YEAR), "a year" if count == 1 else f"{count} years")


def day_in_both_calendars(text: str) -> Bilingual:
    """Returns a day in both calendars; outside the tables, and for a text that is no day, in one."""
    try:
        known = date.fromisoformat(text)
    except ValueError:
        return Bilingual(_with_slashes(text), text)
    arabic, english = gregorian_words(known), gregorian_words(known, "en")
    if not FIRST_DAY <= known <= LAST_DAY:
        return Bilingual(arabic, english)
    return Bilingual(f"{hijri_words(known)} ({arabic})", f"{english} ({hijri_words(known, 'en')})")


def _verdict_of(finding: Mapping[str, Any]) -> Bilingual:
    for name, words in _UNKNOWN_BECAUSE.items():
        if finding["inputs"].get(name) is False:
            return words
    if finding["satisfied"] is None and finding["code"] in _NOT_YET:
        return _NOT_YET[finding["code"]]
    return _VERDICTS[finding["satisfied"]]


_OUTCOMES: Mapping[str, Bilingual] = {
    "issued": Bilingual("استوفى الشروط", "All conditions are satisfied"),
    "refused": Bilingual("لم يستوف الشروط", "A condition is not satisfied"),
    "waiting": Bilingual("ينقصه ما يُثبت الشروط", "Something is still missing"),
    "needs_officer": Bilingual("تنظر فيه البلدية", "The municipality looks at it"),
}


def outcome_title(outcome: str | None) -> dict[str, str] | None:
    """Returns the words of a decision's outcome: «issued» means that the conditions are satisfied, also while the fee
    isn't paid."""
    return _OUTCOMES[outcome].pair() if outcome is not None else None


def condition_title(code: str) -> Bilingual:
    """Returns the title of a condition, or its code if a version of the rules names a condition without words."""
    return CONDITION_TITLES.get(code, Bilingual(code, code))


def reasons_of(findings: Sequence[Mapping[str, Any]], codes: Sequence[str]) -> list[dict[str, str]]:
    """Returns the words of the findings of these codes, for the applicant."""
    found = [explain_finding(one) for one in findings if one["code"] in codes]
    return [{"ar": one["ar"], "en": one["en"]} for one in found]


def source_title(source: Mapping[str, Any] | None) -> Bilingual | None:
    """Returns the words of a fact's source, with who verified the fact."""
    if source is None:
        return None
    words = SOURCE_TITLES.get(source["kind"], Bilingual(source["kind"], source["kind"]))
    told = [one for one in (source["reference"], source["by"]) if one]
    more = f" ({', '.join(told)})" if told else ""
    return Bilingual(words.ar + more, words.en + more)


def _inputs(inputs: Mapping[str, Any]) -> Bilingual:
    told = [name for name in inputs if name not in _SAID_OTHERWISE]
    named = [(_INPUTS.get(name, Bilingual(name, name)), _value(inputs[name])) for name in told]
    return Bilingual(
        "، ".join(f"{name.ar}: {value.ar}" for name, value in named),
        ", ".join(f"{name.en}: {value.en}" for name, value in named),
    )


def _value(value: Any) -> Bilingual:
    if isinstance(value, list):
        shown = [_value(one) for one in value] or [_VALUES[None]]
        return Bilingual("/".join(one.ar for one in shown), "/".join(one.en for one in shown))
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return _VALUES.get(value, Bilingual(_with_slashes(str(value)), str(value)))
    return Bilingual(str(value), str(value))


def _with_slashes(text: str) -> str:
    """Writes dates with slashes: hyphens turn round within Arabic text."""
    return text.replace("-", "/")


def _sentence(head: str, inputs: str, source: str) -> str:
    return f"{head} ({inputs}){source}." if inputs else f"{head}{source}."
