"""What the public reads of a citizen's words: filtered at once, and withheld by an officer."""

from chassis.data.unit_of_work import UnitOfWork
from reports.commands import remarks

from .conftest import FILING, row_of


def test_what_an_officer_withholds_the_public_does_not_read(ask, session, officer, request_id, now):
    row = row_of(session, request_id)
    row.landmark = "خلف بيت فلان"

    remarks.withhold_text(UnitOfWork(session, officer, now), row.report_id, withheld=True)
    session.flush()
    _, (hidden,) = ask(f"requests/{request_id}")
    remarks.withhold_text(UnitOfWork(session, officer, now), row.report_id, withheld=False)
    session.flush()
    _, (shown,) = ask(f"requests/{request_id}")

    assert (hidden["description"] or "", "فلان" in str(hidden)) == ("", False)
    assert shown["description"] == FILING["description"]


def test_a_link_in_a_description_is_left_out(ask, post):
    text = "صور هنا https://evil.example/x?y=1 وهنا www.evil.example"

    _, (filed,) = post("requests", {**FILING, "description": text})
    _, (request,) = ask(f"requests/{filed['service_request_id']}")

    assert request["description"] == "صور هنا … وهنا …"
