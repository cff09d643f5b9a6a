"""Files of older permits, as a municipality sends them."""

from collections.abc import Iterable, Mapping

from chassis.core.uploads import Upload

ROW: Mapping[str, str] = {
    "permit_number": "1445/1",
    "kind": "إنشاء جديد",
    "use_class": "سكني",
    "issued_on": "1446/09/01",
    "source": "أرشيف تجريبي، صندوق 14",
    "owner_name": "حسن بن علي آل تجربة (بيانات تجريبية)",
    "owner_type": "فرد",
    "owner_id_type": "هوية وطنية",
    "owner_id_number": "1000000008",
    "plan_number": "713/7",
    "plots": "215|216",
    "town": "القطيف",
    "district": "الخزامى",
    "land_area_m2": "540.5",
    "latitude": "26.5639",
    "longitude": "50.0012",
    "component": "أرضي",
    "component_units": "1",
    "component_area_m2": "310.25",
    "built_area_m2": "310.25",
    "floors": "1",
    "units": "1",
    "office_name": "مكتب تجريبي (بيانات تجريبية)",
    "office_licence": "5210",
    "insulation_pledge": "نعم",
}


def row(number: int | str, **changes: str) -> dict[str, str]:
    """A row in order, on a plot of its own."""
    own = {"permit_number": f"1445/{number}", "plots": f"9{number}"}
    return {**ROW, **own, **changes}


def rows(first: int, last: int) -> list[dict[str, str]]:
    """Rows in order, with numbers one after the other."""
    return [row(number) for number in range(first, last + 1)]


def upload(written: Iterable[Mapping[str, str]], name: str = "رخص.csv") -> Upload:
    """As CSV in UTF-8; each value in quotation marks."""
    rows = list(written)
    columns = list(dict.fromkeys([*ROW, *(name for one in rows for name in one)]))
    lines = [columns, *([one.get(column, "") for column in columns] for one in rows)]
    text = "\r\n".join(",".join(f'"{cell}"' for cell in cells) for cells in lines)
    return Upload(name, "text/csv", text.encode("utf-8-sig"))
