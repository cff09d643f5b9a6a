"""What one version of the rules changes of another, row by row, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from licences.domain.explanations import condition_title, day_in_both_calendars
from saudi.bilingual import Bilingual
from saudi.money import riyal_words

Document = Mapping[str, Any]
_Place = tuple[str, str, Bilingual, Bilingual]
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
PARTS: Mapping[str, Bilingual] = {
    "parameters": Bilingual("المدد والحدود", "Times and limits"),
    "conditions": Bilingual("الشروط", "Conditions"),
    "on_false": Bilingual("ما يترتب على الشرط", "What follows from a condition"),
    "fees": Bilingual("الرسوم", "Fees"),
    "activities": Bilingual("الأنشطة", "Activities"),
    "municipalities": Bilingual("البلديات", "Municipalities"),
}
_NAMES: Mapping[str, Bilingual] = {
    "owner_age": Bilingual("أقل عمر للمالك بالسنوات", "Least age of the owner, in years"),
    "lease_years": Bilingual("أقل مدة لعقد الإيجار بالسنوات", "Least years of a lease"),
    "renewal_days": Bilingual("أيام فتح التجديد قبل الانتهاء", "Days of renewal before the end"),
    "health_certificate_share": Bilingual(
        "أقل نسبة لحملة الشهادات الصحية %", "Least share with health certificates, in %"
    ),
    "waiting_days": Bilingual("أيام انتظار ما يثبت الشروط", "Days to wait for facts"),
    "completion_days": Bilingual("أيام استكمال الطلب", "Days to complete an application"),
    "bill_days": Bilingual("أيام سداد الفاتورة", "Days to pay a bill"),
    "inspection_days": Bilingual("أيام المعاينة", "Days for an inspection"),
    "review_days": Bilingual("أيام العمل للبت", "Working days to decide"),
    "always": Bilingual("لكل رخصة", "Of each licence"),
    "establishment": Bilingual("للمنشآت", "Of establishments"),
    "professional": Bilingual("رخصة مهنية", "Professional licence"),
    "shop": Bilingual("رخصة محل", "Shop licence"),
    "engineering_office": Bilingual("رخصة مكتب هندسي", "Engineering office"),
    "issue": Bilingual("رخصة جديدة", "New licence"),
    "move": Bilingual("نقل المحل", "Move"),
    "renew": Bilingual("التجديد", "Renewal"),
    "cancel": Bilingual("الإلغاء", "End"),
    "correct": Bilingual("التصحيح", "Correction"),
    "ar": Bilingual("الاسم بالعربية", "Arabic name"),
    "en": Bilingual("الاسم بالإنجليزية", "English name"),
    "per": Bilingual("يُحسب", "Counted"),
    "halalas": Bilingual("المبلغ", "Amount"),
    "kinds": Bilingual("أنواع الرخص", "Kinds of licences"),
    "fee_classes": Bilingual("فئات الرسوم", "Fee classes"),
    "fee_class": Bilingual("فئة الرسم", "Fee class"),
    "requests": Bilingual("الطلبات", "Requests"),
    "late_only": Bilingual("عند التأخر فقط", "Only when late"),
    "since": Bilingual("من يوم", "From"),
    "until": Bilingual("إلى يوم", "Until"),
    "needs": Bilingual("الشروط", "Conditions"),
    "inspected_afterwards": Bilingual("معاينة بعد الإصدار", "Inspected after the issue"),
    "in_force_from": Bilingual("متاح من", "Offered from"),
    "in_force_until": Bilingual("متاح إلى", "Offered until"),
    "immediate": Bilingual("فوري", "Immediate"),
    "immediate_up_to_m2": Bilingual("فوري حتى (م²)", "Immediate up to (m2)"),
    "max_area_m2": Bilingual("أكبر مساحة (م²)", "Largest area (m2)"),
    "years_max": Bilingual("أكثر السنوات", "Most years"),
    "municipalities": Bilingual("البلديات", "Municipalities"),
}
_VALUES: Mapping[str, Bilingual] = {
    "refuse": Bilingual("يُرفض الطلب", "The application is refused"),
    "wait": Bilingual("ينتظر الطلب", "The application waits"),
    "officer": Bilingual("يبت فيه موظف", "An officer decides"),
    "once": Bilingual("مرة واحدة", "once"),
    "year": Bilingual("لكل سنة", "a year"),
    "square-metre-year": Bilingual("لكل متر مربع وسنة", "a square metre and year"),
    "sign-metre-year": Bilingual("لكل متر مربع من اللوحة وسنة", "a square metre of sign and year"),
    "small": Bilingual("صغيرة", "small"),
    "medium": Bilingual("متوسطة", "medium"),
    "large": Bilingual("كبيرة", "large"),
    "none": Bilingual("بلا رسم", "no fee"),
    "True": Bilingual("نعم", "yes"),
    "False": Bilingual("لا", "no"),
    "professional": _NAMES["professional"],
    "shop": _NAMES["shop"],
    "engineering_office": _NAMES["engineering_office"],
    "issue": _NAMES["issue"],
    "renew": _NAMES["renew"],
    "cancel": _NAMES["cancel"],
    "correct": _NAMES["correct"],
}
_DAYS = frozenset(("since", "until", "in_force_from", "in_force_until"))
_NOTHING, _UNSAID = Bilingual("–", "–"), Bilingual("…", "…")
_WRITING = Bilingual("ترتيب البنود أو كتابتها", "Order or writing of the rows")
_ELSEWHERE = Bilingual("لا يُرخص فيها", "not licensed there")


@dataclass(frozen=True)
class Difference:
    """A field that differs; of a row that is new or left out, each of its fields. `before` and `after` are None where
    nothing stood."""

    part: str
    code: str
    title: Bilingual
    change: str
    field: Bilingual
    before: Bilingual | None
    after: Bilingual | None

    def record(self) -> dict[str, Any]:
        """Returns the difference as the contract's RuleDifference."""
        words = {"field": self.field, "before": self.before, "after": self.after}
        return {
            "part": self.part,
            "part_title": PARTS[self.part].pair(),
            "code": self.code,
            "title": self.title.pair(),
            "change": self.change,
            **{name: text.pair() if text else None for name, text in words.items()},
        }


def are_taken_back(
    version: Document,
    *,
    before: Document,
    after: Document,
    municipalities: Mapping[str, Bilingual],
) -> bool:
    """Returns whether the version `after` takes back something that the version changes of the version `before`."""
    changed, then = _two_changes(before, version, after, municipalities)
    return any(place in then and then[place].after == changed[place].before for place in changed)


def are_kept(
    version: Document,
    *,
    before: Document,
    after: Document,
    municipalities: Mapping[str, Bilingual],
) -> bool:
    """Returns whether the version `after` keeps something that the version changes of the version `before`."""
    changed, then = _two_changes(before, version, after, municipalities)
    return bool(changed.keys() - then.keys())


def _two_changes(
    before: Document, version: Document, after: Document, municipalities: Mapping[str, Bilingual]
) -> tuple[dict[_Place, Difference], dict[_Place, Difference]]:
    """Returns what the version changes, and what the version after it does, each by its place."""
    return (
        _by_place(find_differences(before, version, municipalities)),
        _by_place(find_differences(version, after, municipalities)),
    )


def _by_place(found: Iterable[Difference]) -> dict[_Place, Difference]:
    """Returns the differences by the place of their fields, without the order of rows, which decides nothing."""
    return {
        (one.part, one.code, one.title, one.field): one for one in found if one.field != _WRITING
    }


def find_differences(
    before: Document, after: Document, municipalities: Mapping[str, Bilingual]
) -> list[Difference]:
    """Returns what `after` changes, part by part, in the order of its rows; rows that it leaves out come last. A part
    that differs has a difference, even where its rows say the same. `municipalities`: their names by code."""
    names = {**_VALUES, **municipalities}
    found: list[Difference] = []
    for part in PARTS:
        of_part = list(_of_part(part, _rows(before, part), _rows(after, part), names))
        if not of_part and before[part] != after[part]:
            of_part = [Difference(part, part, PARTS[part], CHANGED, _WRITING, _UNSAID, _UNSAID)]
        found += of_part
    return found


def _rows(document: Document, part: str) -> dict[str, Document]:
    """Returns the rows of a part by their codes. A fee may have several rows, one for each first day."""
    content = document[part]
    if part == "municipalities":
        return {part: {part: content}}
    if part == "fees":
        return {f"{one['code']} {one['since']}": _flat(one) for one in content}
    if part == "activities":
        return {one["code"]: _flat(one) for one in content}
    return {code: {code: value} for code, value in content.items()}


def _flat(row: Document) -> Document:
    """Returns a row with the terms of everywhere among its fields, and each municipality's terms as a field, without
    its code, which names the row."""
    terms, elsewhere = row.get("terms", {}), row.get("municipalities", {})
    plain = {key: one for key, one in row.items() if key not in ("code", "terms", "municipalities")}
    return {**plain, **terms, **{f"in {code}": one for code, one in elsewhere.items()}}


def _of_part(
    part: str,
    before: Mapping[str, Document],
    after: Mapping[str, Document],
    names: Mapping[str, Bilingual],
) -> Iterator[Difference]:
    """`names`: of values and municipalities, by code."""
    for key in (*after, *(key for key in before if key not in after)):
        code, row = key.partition(" ")[0], after.get(key) or before[key]
        title = _title_of(part, code, row)
        change = ADDED if key not in before else REMOVED if key not in after else CHANGED
        was, now = before.get(key, {}), after.get(key, {})
        earlier = _earlier_row(before, code, row) if part == "fees" and change == ADDED else None
        if earlier is not None:
            amounts = (_words("halalas", one["halalas"], names) for one in (earlier, now))
            yield Difference(part, code, title, change, _amount_from(row["since"]), *amounts)
            # The amount and the first day are told, and the end of the earlier row isn't the new row's.
            told = {name: now[name] for name in ("halalas", "since")}
            was = {**{name: one for name, one in earlier.items() if name != "until"}, **told}
        for field in (*now, *(name for name in was if name not in now)):
            if was.get(field) != now.get(field) or (field in was) != (field in now):
                yield Difference(
                    part,
                    code,
                    title,
                    change,
                    _field_title(field, names),
                    _words(field, was[field], names) if field in was else None,
                    _words(field, now[field], names) if field in now else None,
                )


def _earlier_row(before: Mapping[str, Document], code: str, row: Document) -> Document | None:
    """Returns the fee's last row of before this row's first day; None for a fee that is new."""
    rows = [one for key, one in before.items() if key.partition(" ")[0] == code]
    earlier = [one for one in rows if str(one["since"]) < str(row["since"])]
    return max(earlier, key=lambda one: str(one["since"]), default=None)


def _amount_from(since: Any) -> Bilingual:
    day = day_in_both_calendars(str(since))
    return Bilingual(f"المبلغ من {day.ar}", f"Amount from {day.en}")


def _title_of(part: str, code: str, row: Document) -> Bilingual:
    if part in ("fees", "activities"):
        return Bilingual.read(row)
    return condition_title(code) if part == "on_false" else _NAMES[code]


def _field_title(field: str, names: Mapping[str, Bilingual]) -> Bilingual:
    code = field.removeprefix("in ")
    if code != field:
        return names.get(code, Bilingual(code, code))
    return _NAMES.get(field) or condition_title(field)


def _words(field: str, value: Any, names: Mapping[str, Bilingual]) -> Bilingual:
    """Returns a value as people read it."""
    if field == "halalas":
        return Bilingual(riyal_words(value, "ar"), riyal_words(value, "en"))
    if isinstance(value, list):
        return _joined([_words(field, one, names) for one in value]) if value else _NOTHING
    if isinstance(value, Mapping):
        named = [(_NAMES[name], _words(name, one, names)) for name, one in value.items()]
        return _joined([Bilingual(f"{n.ar}: {v.ar}", f"{n.en}: {v.en}") for n, v in named])
    if value is None:
        return _ELSEWHERE if field.startswith("in ") else _NOTHING
    text = str(value)
    if field in _DAYS:
        return day_in_both_calendars(text)
    return names.get(text) or condition_title(text)


def _joined(words: list[Bilingual]) -> Bilingual:
    return Bilingual("، ".join(one.ar for one in words), ", ".join(one.en for one in words))
