"""A file of older permits, and what the desk submits meanwhile. No living person's data."""

import csv
import io
from typing import Any
from uuid import uuid4

_ROW = {
    "kind": "إنشاء جديد",
    "use_class": "سكني",
    "issued_on": "1446/09/01",
    "source": "أرشيف تجريبي، صندوق 14",
    "owner_name": "حسن بن علي آل تجربة (بيانات تجريبية)",
    "owner_type": "فرد",
    "owner_id_type": "هوية وطنية",
    "owner_id_number": "1000000008",
    "plan_number": "713/7",
    "town": "تاروت",
    "district": "الديرة",
    "land_area_m2": "540.5",
    "latitude": "26.5711",
    "longitude": "50.0727",
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


def csv_of(rows: int) -> bytes:
    """Returns the CSV of `rows` permits, each with a number and a plot of its own."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["permit_number", "plots", *_ROW])
    writer.writerows([f"1425/{n}", str(10_000 + n), *_ROW.values()] for n in range(1, rows + 1))
    return text.getvalue().encode()


def application() -> dict[str, Any]:
    """A request with a number of its own."""
    return {
        "kind": "new",
        "municipality": "tarout",
        "request_number": str(uuid4().int)[:14],
        "use_class": "residential",
        "owners": [
            {
                "name": "مريم بنت حسن آل تجربة (بيانات تجريبية)",
                "owner_type": "individual",
                "id_type": "national_id",
                "id_number": "1000000008",
            }
        ],
        "land": {
            "plan_number": "9/2",
            "plots": [str(uuid4().int % 10**9)],
            "town": "تاروت",
            "district": "الديرة",
            "area_m2": 400,
            "latitude": 26.5711,
            "longitude": 50.0727,
        },
        "building": {
            "components": [{"component": "أرضي", "units": 1, "area_m2": 210}],
            "built_area_m2": 210,
            "floors": 1,
            "units": 1,
        },
        "engineering_office": {
            "name": "مكتب تجريبي (بيانات تجريبية)",
            "licence_number": "77",
        },
        "insulation_pledge": True,
    }
