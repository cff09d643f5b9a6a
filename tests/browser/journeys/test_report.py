"""A report from the photo to the reopening: a neighbour files it without an account, the department treats it, and the
link of the closing text brings it back."""

from pathlib import Path
from typing import Any

from devstack.journeys.visitor import MARK

from .photos import take_photo
from .steps import inquire, link_in, number_in, open_report, take_action, treat_report

MOBILE, PLACE = "0500000301", (26.4712, 50.0401)
ROW = "SELECT status, reopen_count, department FROM report WHERE report_number = :number"
PHOTOS = (
    "SELECT count(*) FROM report_photo JOIN report USING (report_id)"
    " WHERE report_number = :number AND report_photo.kind = :kind"
)


def test_a_report_goes_from_the_photo_to_the_reopening(
    town: Any, at_browser: Any, tmp_path: Path
) -> None:
    # The neighbour's photo says where it is.
    neighbour = at_browser()
    neighbour.open("/report")
    neighbour.attach("صور المشكلة", take_photo(tmp_path, PLACE))
    neighbour.press("متابعة")
    neighbour.press("حاوية ممتلئة")
    neighbour.fill("وصف المشكلة", f"الحاوية تفيض منذ يومين {MARK}")
    neighbour.fill("الاسم", f"علي آل تجربة {MARK}")
    neighbour.fill("رقم الجوال", MOBILE)
    neighbour.press("متابعة إلى المراجعة")
    neighbour.press("إرسال البلاغ")
    assert "استلمنا بلاغكم" in neighbour.read()
    number = number_in(neighbour.read())
    assert town.text_to(MOBILE, "استلمنا بلاغكم", number)

    # The department treats it and shows it by a photo; the officer closes it.
    cleaning, officer = at_browser("qatif.cleaning"), at_browser("qatif.report-officer")
    cleaning.sign_in("desk", "معالجة بلاغات إدارتي")
    open_report(cleaning, number)
    treat_report(cleaning, take_photo(tmp_path))
    assert "تمت المعالجة" in cleaning.read()
    officer.sign_in("desk", "إحالة البلاغات ومتابعتها")
    open_report(officer, number)
    take_action(officer, "إغلاق البلاغ")
    inquire(at_browser(), "بلاغ", number, MOBILE, until="مغلق")

    # The closing text's link says what was done, and brings the report back.
    neighbour.open(link_in(town.text_to(MOBILE, "عولج بلاغكم", number)))
    assert "أُفرغت الحاوية" in neighbour.read()
    neighbour.fill("ما الذي بقي", f"الأكياس حول الحاوية {MARK}")
    neighbour.press("لم تُحل المشكلة")
    assert "أُعيد فتح البلاغ" in neighbour.read()
    cleaning.open(cleaning.address.partition("?")[0])
    assert "الأكياس حول الحاوية" in cleaning.read()
    report = town.row("reports", ROW, number=number)
    assert (report.status, report.reopen_count) == ("assigned", 1)
    counts = [
        town.row("reports", PHOTOS, number=number, kind=one).count for one in ("before", "after")
    ]
    assert counts == [1, 1]
    inquire(at_browser(), "بلاغ", number, MOBILE, until="محال إلى الإدارة المختصة")
