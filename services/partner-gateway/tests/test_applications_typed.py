"""Applications as people type them: days of either calendar, digits of either kind."""

import pytest
from municipal import BODY, LICENCES, activity_event, body, faults, licence_event


@pytest.fixture(autouse=True)
def activities(project_licences):
    project_licences(activity_event())


def typed():
    """The contract's example as a clerk types it: Hijri days, and the digits of an Arabic keyboard."""
    owner = {**BODY["owner"], "id_number": "١٠٠٠٠٠٠٠٠٨", "mobile": "٠٥٠٠٠٠٠٠٠١"}
    establishment = {**BODY["establishment"], "unified_number": "٧٠٠٠٠٠٠٠٠٥"}
    lease = {"ejar_no": "١٠٤٢٣٣٤٤٥٥٠", "starts_on": "٢١-٥-١٤٤٨هـ", "ends_on": "1450/06/13"}
    return body(owner=owner, establishment=establishment, lease=lease)


def test_hijri_days_and_arabic_digits_are_published_as_the_contracts_example(
    submit, outbox_rows, opened
):
    answer = submit(typed())

    (row,) = outbox_rows()
    assert answer.status_code == 202, answer.text
    assert opened(row) == BODY


def test_a_renewal_takes_its_days_of_either_calendar(submit, project_licences, outbox_rows, opened):
    project_licences(licence_event("144804000017"))
    sent = {"years": 1, "safety_certificate": {"number": "٣٤-001122", "expires_on": "1448/07/01"}}

    answer = submit(sent, path=f"{LICENCES}/144804000017/renewals")

    assert answer.status_code == 202, answer.text
    assert opened(outbox_rows()[0])["safety_certificate"] == {
        "number": "34-001122", "expires_on": "2026-12-10",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("starts", "ends", "years"),
    [
        ("1448/06/14", "2026-11-24", 1),  # one day, written twice
        ("2026-11-01", "1448/05/20", 1),
        ("2026-11-01", "1448/05/20", 0),  # with a fault of the schema beside it
    ],
)
def test_days_of_a_lease_are_compared_as_days_whatever_calendar_they_are_of(
    submit, starts, ends, years
):
    lease = {**BODY["lease"], "starts_on": starts, "ends_on": ends}

    assert ("lease.ends_on", "lease-order") in faults(submit(body(lease=lease, years=years)))


@pytest.mark.parametrize(
    ("day", "code"), [("1447/02/30", "no-such-day"), ("soon, I hope", "date-format")]
)
def test_a_day_that_no_calendar_has_is_named(submit, day, code):
    lease = {**BODY["lease"], "ends_on": day}

    assert faults(submit(body(lease=lease))) == {("lease.ends_on", code)}
