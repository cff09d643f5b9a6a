"""A decision in words, Arabic and English: each condition, what it was decided from, and where that comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

from licences.domain.words import Words

TITLES: Mapping[str, Words] = {
    "activity-offered": Words(
        "النشاط متاح في البلدية", "The activity is offered in the municipality"
    ),
    "owner-age": Words("عمر المالك", "The owner's age"),
    "owner-eligible": Words(
        "المالك سعودي أو مستثمر أجنبي مرخص", "The owner is Saudi or a licensed foreign investor"
    ),
    "establishment-needed": Words("المنشأة", "The establishment"),
    "establishment-active": Words(
        "المنشأة نشطة باسم المالك", "The establishment is active in the owner's name"
    ),
    "lease-term": Words("عقد إيجار لسنة على الأقل", "A lease of at least a year"),
    "civil-defence": Words(
        "شهادة السلامة من الدفاع المدني", "The civil defence's safety certificate"
    ),
    "building-use": Words("رخصة البناء تسمح بالنشاط", "The building permit allows the activity"),
    "health-certificates": Words("شهادات العمال الصحية", "The workers' health certificates"),
    "cleaning-contract": Words("عقد النظافة", "The cleaning contract"),
    "engineering-classification": Words(
        "التصنيف الهندسي سارٍ يوم التقديم ويوم الاعتماد",
        "The engineering classification is valid on the days of submission and approval",
    ),
    "no-unpaid-violation": Words("لا مخالفات نهائية غير مسددة", "No final violation is unpaid"),
    "renewal-window": Words("موعد التجديد", "The time of the renewal"),
    "licence-live": Words("الرخصة قائمة", "The licence is there"),
    "place-not-stopped": Words(
        "لا رخصة موقوفة أو مغلقة للمنشأة أو مالكها في الموقع",
        "No licence of the establishment or its owner is suspended or closed at the place",
    ),
    "licence-not-stopped": Words(
        "الرخصة غير موقوفة ومحلها غير مغلق",
        "The licence is not suspended, and its place is not closed",
    ),
    "municipal-review": Words("مراجعة البلدية", "The municipality's review"),
    "inspection": Words("معاينة الموقع", "The inspection of the place"),
}
SOURCES: Mapping[str, Words] = {
    "rules": Words("القواعد", "the rules"),
    "civil_register": Words("الأحوال المدنية", "the civil register"),
    "commercial_register": Words("السجل التجاري", "the commercial register"),
    "lease_register": Words("سجل الإيجار", "the lease register"),
    "civil_defence": Words("الدفاع المدني", "the civil defence"),
    "engineers_register": Words("هيئة المهندسين", "the engineers' register"),
    "permits": Words("رخص البناء في البلدية", "the municipality's building permits"),
    "health_certs": Words("الشهادات الصحية في البلدية", "the municipality's health certificates"),
    "licences": Words("سجلات الرخص في البلدية", "the municipality's records of licences"),
    "officer": Words("وثيقة تحقق منها موظف البلدية", "a document that an officer verified"),
    "inspector": Words("مراقب البلدية", "the municipality's inspector"),
}
_VERDICTS: Mapping[bool | None, Words] = {
    True: Words("متحقق", "satisfied"),
    False: Words("غير متحقق", "not satisfied"),
    None: Words("لم يصل ما يثبته بعد", "nothing is known yet"),
}
_INPUTS: Mapping[str, Words] = {
    "not_offered": Words("غير المتاح منها", "not offered"),
    "activities": Words("الأنشطة المطلوبة", "activities"),
    "years": Words("عدد السنوات", "years"),
    "area_m2": Words("المساحة بالمتر المربع", "area in m2"),
    "age": Words("العمر بالسنوات", "age in years"),
    "least": Words("أقل عمر", "least age"),
    "nationality": Words("الجنسية", "nationality"),
    "investor_licence": Words("رخصة الاستثمار", "investor's licence"),
    "found": Words("موجود", "found"),
    "registered": Words(
        "مسجل بهذا الرقم لصاحب الطلب", "registered under this number for the applicant"
    ),
    "as_declared": Words("كما في الطلب", "as declared"),
    "declared_from": Words("في الطلب من", "declared from"),
    "declared_until": Words("في الطلب إلى", "declared to"),
    "unified_number": Words("الرقم الموحد", "unified number"),
    "status": Words("الحالة", "status"),
    "is_owner": Words("المالك مسجل فيها", "names the owner"),
    "starts_on": Words("من", "from"),
    "ends_on": Words("إلى", "to"),
    "least_years": Words("أقل مدة بالسنوات", "least years"),
    "expires_on": Words("تنتهي", "ends on"),
    "opens_on": Words("يُفتح التجديد", "renewable from"),
    "use_class": Words("الاستخدام", "use"),
    "workers": Words("العمال", "workers"),
    "certified": Words("حملة الشهادات", "with a certificate"),
    "least_share": Words("أقل نسبة %", "least share in %"),
    "number": Words("الرقم", "number"),
    "valid_from": Words("سارٍ من", "valid from"),
    "valid_until": Words("سارٍ إلى", "valid until"),
    "submitted_on": Words("يوم التقديم", "submitted on"),
    "decided_on": Words("يوم البت", "decided on"),
    "unpaid_final": Words("المخالفات غير المسددة", "unpaid violations"),
    "stopped": Words("الرخص", "licences"),
    "of_owner": Words("لمنشأة أخرى للمالك", "of another establishment of the owner"),
    "closing": Words("مخالفات توجب الإغلاق", "violations for which it is to be closed"),
    "verdict": Words("النتيجة", "verdict"),
}
# What a source or a status is called in a register, for people.
_VALUES: Mapping[Any, Words] = {
    True: Words("نعم", "yes"),
    False: Words("لا", "no"),
    None: Words("لا يوجد", "none"),
    "saudi": Words("سعودي", "Saudi"),
    "gcc": Words("خليجي", "GCC citizen"),
    "foreign": Words("غير سعودي", "foreign"),
    "active": Words("نشط", "active"),
    "struck_off": Words("مشطوب", "struck off"),
    "valid": Words("سارية", "valid"),
    "completed": Words("منجزة", "completed"),
    "suspended": Words("موقوفة", "suspended"),
    "cancelled": Words("ملغاة", "cancelled"),
    "closed": Words("مغلق لمخالفة", "closed for a violation"),
    "superseded": Words("مستبدلة", "superseded"),
    "expired": Words("منتهية", "expired"),
    "renewed": Words("مجددة", "renewed"),
    "residential": Words("سكني", "residential"),
    "commercial": Words("تجاري", "commercial"),
    "residential_commercial": Words("سكني تجاري", "residential and commercial"),
    "industrial": Words("صناعي", "industrial"),
    "approved": Words("موافقة", "approved"),
    "refused": Words("رفض", "refused"),
    "passed": Words("مجتازة", "passed"),
    "failed": Words("غير مجتازة", "failed"),
}


def explained(finding: Mapping[str, Any]) -> dict[str, Any]:
    """A stored finding with its words: `{code, satisfied, ar, en, inputs, source}`."""
    title, verdict = title_of(finding["code"]), _VERDICTS[finding["satisfied"]]
    source = source_words(finding["source"])
    inputs = _inputs(finding["inputs"])
    return {
        "code": finding["code"],
        "satisfied": finding["satisfied"],
        "ar": _sentence(
            f"{title.ar}: {verdict.ar}", inputs.ar, f"المصدر: {source.ar}" if source else ""
        ),
        "en": _sentence(
            f"{title.en}: {verdict.en}", inputs.en, f"source: {source.en}" if source else ""
        ),
        "inputs": dict(finding["inputs"]),
        "source": finding["source"],
    }


def title_of(code: str) -> Words:
    """What a condition is called; its code, where a version of the rules knows one that has no words yet."""
    return TITLES.get(code, Words(code, code))


def reasons_of(findings: Sequence[Mapping[str, Any]], codes: Sequence[str]) -> list[dict[str, str]]:
    """The words of the findings of these codes, for whoever applied."""
    found = [explained(one) for one in findings if one["code"] in codes]
    return [{"ar": one["ar"], "en": one["en"]} for one in found]


def source_words(source: Mapping[str, Any] | None) -> Words | None:
    """Where a fact comes from, with who verified it."""
    if source is None:
        return None
    words = SOURCES.get(source["kind"], Words(source["kind"], source["kind"]))
    told = [one for one in (source["reference"], source["by"]) if one]
    more = f" ({', '.join(told)})" if told else ""
    return Words(words.ar + more, words.en + more)


def _inputs(inputs: Mapping[str, Any]) -> Words:
    named = [(_INPUTS.get(name, Words(name, name)), _value(inputs[name])) for name in inputs]
    return Words(
        "، ".join(f"{name.ar}: {value.ar}" for name, value in named),
        ", ".join(f"{name.en}: {value.en}" for name, value in named),
    )


def _value(value: Any) -> Words:
    if isinstance(value, list):
        shown = [_value(one) for one in value] or [_VALUES[None]]
        return Words("/".join(one.ar for one in shown), "/".join(one.en for one in shown))
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return _VALUES.get(value, Words(_day(str(value)), str(value)))
    return Words(str(value), str(value))


def _day(text: str) -> str:
    """Dates with slashes: hyphens turn round within Arabic text."""
    return text.replace("-", "/")


def _sentence(head: str, inputs: str, source: str) -> str:
    parts = [head, *([f"({inputs})"] if inputs else []), *([source] if source else [])]
    return " - ".join(parts) + "."
