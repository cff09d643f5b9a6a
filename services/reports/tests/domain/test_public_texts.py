"""What the public reads of a citizen's words: telephones and identity numbers never, dates and lists always."""

import random
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from reports.catalogue import governorate
from reports.domain.public_texts import released_words, without_numbers


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("اتصلوا على 0500000001 مساء", "اتصلوا على … مساء"),
        ("٠٥٠٠٠٠٠٠٠١", "…"),
        ("+966 50 000 0001", "…"),
        ("1000000008", "…"),
        ("050.000.0001", "…"),
        ("050/000/0001", "…"),
        ("050\u00a0000\u00a00001", "…"),
        ("050–000—0001", "…"),
        ("(050) 000-0001", "…"),
        ("+966 (50) 000 - 0001 مساء", "… مساء"),
        ("0 5 0 0 0 0 0 0 0 1", "…"),
        ("05000\u200b00001", "…"),
        ("راسلوا ali.h@example.com، شكرًا", "راسلوا …، شكرًا"),
        ("ali＠example.com", "…"),
        ("منذ 2026-11-25 قرب العمود 1234", "منذ 2026-11-25 قرب العمود 1234"),
    ],
)
def test_nobodys_number_is_in_what_the_public_reads(written, shown):
    assert without_numbers(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "منذ 2026-11-28 10:00 لم تُفرغ",
        "28/11/2026 10:00",
        "منذ ١٤٤٨/٠٦/١٩ ١٠:٣٠",
        "10:30 1448/06/19",
        "من 2026-11-28 - 2026-12-01",
        "الأعمدة 1 2 3 4 5 6 7 8 9 10 مطفأة",
        "البيوت 112-114-116-118",
        "7/12/19/23/31",
    ],
)
def test_a_date_with_a_time_and_a_list_of_small_numbers_stay_for_the_public(written):
    assert without_numbers(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "2012-11-28 10",
        "1445-01-23-45",
        "2012-11-2810",
        "05 01 23 45 67",
        "98 76 54 32 10",
        "+5 6 7 8 9 10 11 12",
    ],
)
def test_a_number_in_the_shape_of_a_date_or_of_a_list_is_left_out(written):
    assert without_numbers(written) == "…"


def test_a_telephone_and_an_identity_number_are_left_out_however_they_are_set_apart():
    chance = random.Random(1448)
    numbers = ["0500000001", "966500000001", "1000000008", "2000000006", "1012345672", "7001234567"]

    for number in numbers * 200:
        apart = "".join(
            digit + chance.choice(["", "", " ", "-", ".", " / ", "–", "\u200f", ")("])
            for digit in number
        )
        assert without_numbers(f"رقمه {apart}") in (
            "رقمه …",
            f"رقمه …{apart[apart.rindex(number[-1]) + 1 :]}",
        )


@pytest.mark.parametrize(
    ("district", "is_released", "shown"),
    [
        ("النسيم", False, ("النسيم", None, None)),
        ("حوش أم علي", False, (None, None, None)),
        ("حوش أم علي", True, ("حوش أم علي", "بيت أبي علي", "اتصلوا على …")),
    ],
)
def test_a_citizens_words_wait_for_an_officer_and_a_listed_district_waits_for_nobody(
    district, is_released, shown
):
    report = SimpleNamespace(
        town="سيهات",
        district=district,
        landmark="بيت أبي علي",
        description="اتصلوا على 0500000001",
        words_released_at=datetime(2026, 11, 25, tzinfo=UTC) if is_released else None,
    )

    words = released_words(report, governorate())

    assert (words["district"], words["landmark"], words["description"]) == shown
