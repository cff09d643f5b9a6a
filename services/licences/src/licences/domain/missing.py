"""What an undecided application lacks, and who has to act: the applicant, another body, or the municipality."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from licences.domain.conditions import PERMIT_EXPIRED
from licences.domain.decision import REVIEW_CONDITION, VISIT_CONDITION
from licences.domain.explanations import condition_title
from saudi.bilingual import Bilingual

APPLICANT, BODY, MUNICIPALITY = "applicant", "outside_body", "municipality"

# What an applicant does who named no number. The form's field stands in the words.
NOT_DECLARED: Mapping[str, Bilingual] = {
    "lease-term": Bilingual(
        "اكتبوا في الطلب رقم عقد الإيجار وأيامه.",
        "Give the lease's number and days in the application.",
    ),
    "civil-defence": Bilingual(
        "اكتبوا في الطلب رقم شهادة السلامة من الدفاع المدني.",
        "Give the number of the civil defence's safety certificate in the application.",
    ),
    "building-use": Bilingual(
        "اكتبوا في الطلب رقم رخصة البناء.", "Give the building permit's number in the application."
    ),
    "cleaning-contract": Bilingual(
        "اكتبوا في الطلب رقم عقد النظافة وأرفقوا صورته.",
        "Give the cleaning contract's number in the application, and attach a copy.",
    ),
    "engineering-classification": Bilingual(
        "اكتبوا في الطلب رقم شهادة التصنيف الهندسي.",
        "Give the number of the engineering classification in the application.",
    ),
}
# What an applicant does whose number or paper doesn't satisfy the condition.
TO_DO: Mapping[str, Bilingual] = {
    "health-certificates": Bilingual(
        "استخرجوا شهادات صحية لعمال المحل، أو أطلعوا البلدية على الورقية منها.",
        "Get health certificates for the workers, or show the municipality those on paper.",
    ),
    "no-unpaid-violation": Bilingual(
        "سددوا المخالفات النهائية المبينة.", "Pay the final violations that are shown."
    ),
    "civil-defence": Bilingual(
        "جددوا شهادة السلامة ثم اكتبوا رقمها في الطلب.",
        "Renew the safety certificate, then give its number in the application.",
    ),
    "building-use": Bilingual(
        "انتهت رخصة البناء؛ يجددها مالكها، أو اكتبوا رقم الرخصة السارية.",
        "The building permit has expired: its owner renews it, or give the number of the valid one.",
    ),
}
_NOT_REGISTERED = Bilingual(
    "لا تعرف الجهة المختصة هذا الرقم لصاحب الطلب؛ راجعوه وصححوه، أو وثقوه لديها.",
    "The body that keeps it does not know this number for the applicant; check and correct it, or register it there.",
)
_NOT_ANSWERED = Bilingual(
    "ننتظر جواب الجهة المختصة؛ لا شيء عليكم الآن.",
    "The body that keeps it has not answered yet; there is nothing for you to do now.",
)
_BY_MUNICIPALITY: Mapping[str, Bilingual] = {
    REVIEW_CONDITION: Bilingual(
        "تراجع البلدية الطلب.", "The municipality reviews the application."
    ),
    VISIT_CONDITION: Bilingual(
        "يعاين مراقب البلدية الموقع.", "The municipality inspects the place."
    ),
    "cleaning-contract": Bilingual(
        "تتحقق البلدية من عقد النظافة.", "The municipality looks at the cleaning contract."
    ),
    "building-use": Bilingual(
        "تبحث البلدية عن رخصة البناء بهذا الرقم؛ راجعوا رقمها.",
        "The municipality looks for the building permit of this number; check the number.",
    ),
}


@dataclass(frozen=True)
class Missing:
    """A condition that isn't satisfied yet: its code, who has to act, and what that is, in words."""

    code: str
    by: str
    words: Bilingual


def missing_of(findings: Iterable[Mapping[str, Any]]) -> list[Missing]:
    """Returns what stored findings lack. A condition that refuses the application isn't missing: it's decided."""
    lacking = (one for one in findings if not one["satisfied"])
    undecided = (one for one in lacking if one["satisfied"] is None or one["on_false"] == "wait")
    return [_missing(one["code"], one["inputs"]) for one in undecided]


def _missing(code: str, inputs: Mapping[str, Any]) -> Missing:
    if inputs.get("declared") is False and code in NOT_DECLARED:
        return Missing(code, APPLICANT, NOT_DECLARED[code])
    if inputs.get("registered") is False:
        return Missing(code, APPLICANT, _NOT_REGISTERED)
    expired_permit = code == "building-use" and inputs.get("status") == PERMIT_EXPIRED
    if code in _BY_MUNICIPALITY and not expired_permit:
        return Missing(code, MUNICIPALITY, _BY_MUNICIPALITY[code])
    if code in ("health-certificates", "no-unpaid-violation") or (inputs and code in TO_DO):
        return Missing(code, APPLICANT, TO_DO[code])
    return Missing(code, BODY, _NOT_ANSWERED)


def asked_of_applicant(missing: Sequence[Missing]) -> dict[str, Any] | None:
    """Returns what the applicant has to give, as events carry it: codes, and their titles in one line; None if it's
    nothing."""
    asked = [one for one in missing if one.by == APPLICANT]
    if not asked:
        return None
    titles = [condition_title(one.code) for one in asked]
    return {
        "codes": [one.code for one in asked],
        "words": "، ".join(one.ar for one in titles),
        "words_en": ", ".join(one.en for one in titles),
    }
