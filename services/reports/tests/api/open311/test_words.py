"""What the public reads of a citizen's words: nothing until an officer has read them, and never a number."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from reports.commands import open311, remarks
from reports.commands.open311 import NewUpdate
from reports.domain.actors import service_as
from reports.models import Remark

from .conftest import FILING, row_of

ACCUSATION = "جاري فلان ابن فلان هويته 1000000008 وجواله 0500000001 يرمي النفايات أمام بيتي رقم 12"
HOUSE = "أمام منزل المبلغة أم فلان"


@pytest.fixture
def release(session, officer, now):
    """Releases or withholds the words of a request, as an officer."""

    def release(number, act=remarks.release_words, *, at=now, **read):
        act(UnitOfWork(session, officer, at), row_of(session, number).report_id, **read)
        session.flush()

    return release


@pytest.mark.parametrize("channel", ["call", "app", "observer", "open311"])
def test_an_accusation_with_names_waits_for_an_officer(ask, filed, channel, release):
    place = {"town": "سيهات", "district": "بيت فلان", "landmark": HOUSE}
    number = filed(
        channel=channel, category="litter", description=ACCUSATION, location=place
    ).report_number

    _, (waiting,) = ask(f"requests/{number}")
    _, listed = ask("requests")
    release(number)
    _, (released,) = ask(f"requests/{number}")

    assert "فلان" not in str(waiting) + str(listed)
    assert (waiting["description"] or "", waiting["address"]) == ("", "سيهات")
    assert waiting["service_name"] == "نفايات مبعثرة"
    assert released["description"].endswith("أمام بيتي رقم 12")
    assert "1000000008" not in released["description"]
    assert released["address"] == f"{HOUSE}، بيت فلان، سيهات"


def test_what_an_officer_withholds_the_public_does_not_read(ask, session, request_id, release):
    row_of(session, request_id).landmark = "خلف بيت فلان"
    release(request_id)
    _, (shown,) = ask(f"requests/{request_id}")

    release(request_id, remarks.withhold_words)
    _, (hidden,) = ask(f"requests/{request_id}")
    release(request_id)
    _, (again,) = ask(f"requests/{request_id}")

    assert (hidden["description"] or "", "فلان" in str(hidden)) == ("", False)
    assert shown["description"] == again["description"] == FILING["description"]


def test_an_update_that_comes_after_the_release_waits_as_well(
    ask, session, post, request_id, release, now
):
    release(request_id)
    update = {"update_id": "7", "status": "OPEN", "description": "رماها جاري فلان"}
    post("servicerequestupdates", {**update, "service_request_id": request_id})
    _, waiting = ask("servicerequestupdates")
    _, (request,) = ask(f"requests/{request_id}")

    assert row_of(session, request_id).words_waiting
    assert "فلان" not in str(waiting)
    assert request["description"] == FILING["description"]

    (last,) = session.scalars(select(Remark.remark_id)).all()
    release(request_id, at=now + timedelta(seconds=5), last_remark_read=last)

    assert "فلان" in str(ask("servicerequestupdates")[1])
    assert not row_of(session, request_id).words_waiting


@pytest.fixture
def add_update(session, now):
    """Adds an update as a system, at a moment; returns the id of the remark."""

    def add(number, text, *, at=now):
        work = UnitOfWork(session, service_as("k_1"), at)
        return open311.add_update(work, NewUpdate(number, text, text, closes=False)).remark_id

    return add


def test_an_update_that_waited_for_the_release_is_not_public(
    ask, session, request_id, release, add_update, now
):
    """The update's request is the older one, and got the report's lock after the release."""
    release(request_id, at=now)
    add_update(request_id, "رماها جاري فلان", at=now - timedelta(milliseconds=100))
    session.flush()

    assert row_of(session, request_id).words_waiting
    assert "فلان" not in str(ask("servicerequestupdates")[1])


def test_a_release_leaves_out_what_came_after_the_officers_page(
    ask, session, request_id, release, add_update, now
):
    read = add_update(request_id, "الأول")
    last = add_update(request_id, "رماها جاري فلان")
    release(request_id, at=now + timedelta(seconds=5), last_remark_read=read)
    told = str(ask("servicerequestupdates")[1])

    assert ("الأول" in told, "فلان" in told) == (True, False)
    assert row_of(session, request_id).words_waiting

    release(request_id, at=now + timedelta(seconds=9), last_remark_read=last)

    assert "فلان" in str(ask("servicerequestupdates")[1])
    assert not row_of(session, request_id).words_waiting


def test_a_page_without_remarks_releases_the_description_alone(
    ask, session, request_id, release, add_update
):
    add_update(request_id, "رماها جاري فلان")

    release(request_id, last_remark_read=0)

    assert "فلان" not in str(ask("servicerequestupdates")[1])
    assert ask(f"requests/{request_id}")[1][0]["description"] == FILING["description"]
    assert row_of(session, request_id).words_waiting


def test_a_page_that_names_no_remark_releases_no_unread_update(
    ask, session, request_id, release, add_update
):
    last = add_update(request_id, "رماها جاري فلان")

    with pytest.raises(remarks.UpdatesUnread):
        release(request_id)

    assert "فلان" not in str(ask("servicerequestupdates")[1])
    release(request_id, last_remark_read=last)
    release(request_id)  # nothing is unread any more
    assert "فلان" in str(ask("servicerequestupdates")[1])


def test_no_release_covers_an_update_that_is_still_to_come(
    ask, session, request_id, release, add_update
):
    release(request_id, last_remark_read=2**53 - 1)

    add_update(request_id, "رماها جاري فلان")

    assert "فلان" not in str(ask("servicerequestupdates")[1])
    assert row_of(session, request_id).words_waiting


def test_a_link_in_a_description_is_left_out(ask, post, release):
    text = "صور هنا https://evil.example/x?y=1 وهنا www.evil.example"

    _, (filed,) = post("requests", {**FILING, "description": text})
    release(filed["service_request_id"])
    _, (request,) = ask(f"requests/{filed['service_request_id']}")

    assert request["description"] == "صور هنا … وهنا …"


def test_the_joiners_of_a_citizens_words_stay(ask, post, release):
    text = "می\u200cخواهم 👨\u200d👩\u200d👧 منذ 2026-11-28 10:00"

    _, (filed,) = post("requests", {**FILING, "description": text})
    release(filed["service_request_id"])
    _, (request,) = ask(f"requests/{filed['service_request_id']}")

    assert request["description"] == text


def test_an_address_names_a_town_once(ask, filed, release):
    location = {"town": "القطيف", "district": "الخزامى", "landmark": "القطيف، الخزامى"}
    number = filed(category="litter", location=location).report_number
    release(number)

    _, (request,) = ask(f"requests/{number}")

    assert request["address"] == "القطيف، الخزامى"
