"""The words for a permit's kinds and statuses: shown beside the codes, and taken in their place."""

from collections.abc import Mapping

from saudi import Malformed
from saudi.text import search_key

Titles = Mapping[str, str]
KINDS: Mapping[str, Titles] = {
    "new": {"ar": "إنشاء جديد", "en": "New building"},
    "fence": {"ar": "تسوير", "en": "Fence"},
    "addition": {"ar": "إضافة وتعديل مكونات", "en": "Addition or change of components"},
    "restoration": {"ar": "ترميم", "en": "Restoration"},
    "demolition": {"ar": "هدم", "en": "Demolition"},
    "renewal": {"ar": "تجديد", "en": "Renewal"},
    "ownership_transfer": {"ar": "نقل ملكية", "en": "Ownership transfer"},
    "correction": {"ar": "تصحيح وضع مبنى قائم", "en": "Regularisation of an existing building"},
    "change_of_use": {"ar": "تغيير استعمال", "en": "Change of use"},
    "site_preparation": {"ar": "تجهيز موقع", "en": "Site preparation"},
    "change_of_contractor": {"ar": "استبدال المقاول", "en": "Change of contractor"},
    "change_of_supervisor": {"ar": "استبدال المكتب المشرف", "en": "Change of supervising office"},
}
STATUSES: Mapping[str, Titles] = {
    "valid": {"ar": "سارية", "en": "Valid"},
    "expired": {"ar": "منتهية", "en": "Expired"},
    "suspended": {"ar": "موقوفة", "en": "Suspended"},
    "renewed": {"ar": "مجددة", "en": "Renewed"},
    "superseded": {"ar": "مستبدلة", "en": "Superseded"},
    "completed": {"ar": "منجزة", "en": "Completed"},
    "cancelled": {"ar": "ملغاة", "en": "Cancelled"},
}


def read_kind(text: str) -> str:
    """`renewal`, «تجديد» and «Renewal» → `renewal`. Raises Malformed `enum`, which lists them."""
    return _read(text, KINDS)


def read_status(text: str) -> str:
    """`valid`, «سارية» and «Valid» → `valid`. Raises Malformed `enum`, which lists them."""
    return _read(text, STATUSES)


def _read(text: str, words: Mapping[str, Titles]) -> str:
    asked = search_key(text)
    for code, titles in words.items():
        if asked in {code, *map(search_key, titles.values())}:
            return code
    allowed = [
        {"ar": f"{titles['ar']} ({code})", "en": f"{titles['en']} ({code})"}
        for code, titles in words.items()
    ]
    raise Malformed("enum", allowed=allowed)
