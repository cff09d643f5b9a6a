"""The counter's day: the list, the actions on an appointment, and the closures."""

from datetime import UTC, datetime

import pytest
from public_asking import example, refusal

from portal.domain.tasks import CLOSURES, COUNTER
from portal.outside.services import Reply

LIST, DEPARTMENTS, STANDING = "/v1/appointments", "/v1/departments", "/v1/closures"
ID = "0195ff10-4d00-7b22-9d3f-0000000000a1"
CLOSURE_ID = "0195ff10-4d00-7b22-9d3f-0000000000c1"
ONE, PAGE = f"{LIST}/{ID}", f"/desk/appointments/{ID}"
DAY, CLOSING = "/desk/appointments", "/desk/appointments/closures"
CLOSURE = {
    "municipality": "saihat",
    "department": "",
    "day": "1448/06/21",
    "from": "08:00",
    "until": "14:00",
    "reason_ar": "صيانة",
    "reason_en": "Maintenance",
}


def shown(**changes):
    return {**example("appointments", "Appointment"), **changes}


@pytest.fixture
def appointments(asked_services):
    service = asked_services["appointments"]
    page = example("appointments", "AppointmentPage")
    service.replies |= {
        LIST: Reply(200, page),
        DEPARTMENTS: Reply(200, example("appointments", "DepartmentList")),
        ONE: Reply(200, shown()),
        f"{ONE}/history": Reply(200, example("appointments", "History")),
        f"{ONE}/check-in": Reply(200, shown(status="checked_in")),
        f"{ONE}/call": Reply(200, shown(status="called")),
        f"{ONE}/person": Reply(200, example("appointments", "Person")),
        STANDING: Reply(200, example("appointments", "ClosureList")),
        f"{STANDING}/{CLOSURE_ID}/lift": Reply(200, example("appointments", "Closure")),
    }
    return service


@pytest.fixture
def clerk(browser):
    assert browser.sign_in(COUNTER).status_code == 303
    return browser


@pytest.fixture
def planner(browser):
    assert browser.sign_in(CLOSURES).status_code == 303
    return browser


def asked_of(service, path):
    return [content for asked, content in service.asked if asked == path]


def test_the_day_begins_with_today_in_riyadh(clerk, appointments):
    clerk.get(DAY)

    (query,) = asked_of(appointments, LIST)
    assert set(query) == {"day", "limit"}
    assert len(query["day"]) == len("2026-12-01")


def test_the_filters_reach_the_service_and_what_is_no_code_is_left_out(clerk, appointments):
    department = "0195ff10-4d00-7b22-9d3f-000000000001"
    clerk.get(f"{DAY}?day=1448/06/21&department={department}&status=confirmed&counter=2")
    clerk.get(f"{DAY}?day=1448/06/21&department=1000000008&status=x")

    filtered = {
        "day": "1448/06/21",
        "department_id": department,
        "status": "confirmed",
        "limit": 50,
    }
    assert asked_of(appointments, LIST) == [filtered, {"day": "1448/06/21", "limit": 50}]


@pytest.mark.parametrize(
    ("chosen", "filtered"),
    [("requested", {"status": "requested"}), ("affected", {"affected": "true"})],
)
def test_what_waits_for_an_officer_is_listed_from_today_on(clerk, appointments, chosen, filtered):
    page = clerk.get(f"{DAY}?view=ahead&status={chosen}").text

    assert asked_of(appointments, LIST) == [{**filtered, "limit": 50}]
    assert "المواعيد من اليوم فصاعدًا" in page
    assert f'href="{DAY}?view=ahead&amp;status={chosen}"' in clerk.get(DAY).text


def test_a_state_is_named_in_the_words_of_staff(clerk, appointments):
    visitors = {"ar": "سُجل حضوركم", "en": "Checked in"}
    row = shown(status="checked_in", status_title=visitors)
    appointments.replies[LIST] = Reply(200, {"items": [row], "next_cursor": None})

    day = clerk.get(DAY).text

    assert ">حضر</option>" in day
    assert "سُجل حضوركم" not in day


def test_a_row_offers_what_the_service_names_and_calls_to_the_own_counter(clerk, appointments):
    row = shown(status="checked_in", queue_number=14, possible_actions=["call", "cancel"])
    appointments.replies[LIST] = Reply(200, {"items": [row], "next_cursor": None})

    with_counter = clerk.get(f"{DAY}?counter=2").text
    without = clerk.get(DAY).text

    assert f'action="{PAGE}/actions/call"' in with_counter
    assert 'name="counter" value="2"' in with_counter
    assert f'name="version" value="{row["version"]}"' in with_counter
    assert f'name="key" value="{row["appointment_number"]}:{row["version"]}:call"' in with_counter
    assert f'href="{PAGE}/actions/call?back=' in without
    assert f"{PAGE}/actions/check_in" not in with_counter


def test_an_appointment_is_found_by_its_number_on_whatever_day_it_is(clerk, appointments):
    found = clerk.post(DAY, {"number": "٤٨٠٠٠٠١٢٣"})

    assert found.headers["location"] == PAGE
    assert (LIST, {"number": "480000123"}) in appointments.asked


@pytest.mark.parametrize("typed", ["1000000008", "0500000001", "966500000001"])
def test_the_number_of_a_person_is_asked_for_nowhere(clerk, appointments, typed):
    assert clerk.post(DAY, {"number": typed}).status_code == 400
    assert typed not in str(appointments.asked)


@pytest.mark.parametrize("typed", ["480000124", "سارة", ""])
def test_a_number_of_no_appointment_is_said_beside_its_input(clerk, appointments, typed):
    appointments.replies[LIST] = Reply(200, {"items": [], "next_cursor": None})

    answer = clerk.post(DAY, {"number": typed})

    assert answer.status_code == 400
    assert 'href="#number"' in answer.text


def test_a_fault_of_the_day_leads_to_its_input(clerk, appointments):
    appointments.replies[LIST] = refusal("invalid-request", ("day", "ليس تاريخًا"), status=400)

    assert 'href="#day"' in clerk.get(f"{DAY}?day=x").text


def test_while_the_service_is_away_the_day_does_not_say_that_nobody_comes(clerk, appointments):
    appointments.replies[LIST] = None

    answer = clerk.get(DAY)

    assert answer.status_code == 503
    assert "لا مواعيد" not in answer.text


def test_an_arrival_leads_back_to_the_list_with_its_filters(clerk, appointments):
    back = f"{DAY}?day=2026-12-01&counter=2"

    done = clerk.post(f"{PAGE}/actions/check_in", {"back": back})

    assert done.headers["location"] == f"{back}&done=check_in"
    assert asked_of(appointments, f"{ONE}/check-in") == [{}]


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example/desk/appointments", "/sec"]
)
def test_no_form_leads_elsewhere(clerk, appointments, back):
    done = clerk.post(f"{PAGE}/actions/check_in", {"back": back})

    assert done.headers["location"] == f"{PAGE}?done=check_in"


def test_a_call_names_the_counter_as_a_number(clerk, appointments):
    clerk.post(f"{PAGE}/actions/call", {"counter": "٢"})

    assert asked_of(appointments, f"{ONE}/call") == [{"counter": 2}]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        *((one, one) for one in ("confirm", "cancel", "call", "serve")),
        ("check_in", "check-in"),
        ("miss", "no-show"),
    ],
)
def test_a_decision_is_sent_with_the_version_that_the_officer_reads(
    clerk, appointments, name, path
):
    appointments.replies[ONE] = Reply(200, shown(version=7, possible_actions=[name]))
    appointments.replies[f"{ONE}/{path}"] = Reply(200, shown())

    form = clerk.get(f"{PAGE}/actions/{name}").text
    clerk.post(f"{PAGE}/actions/{name}", {"reason": "غياب الموظف", "counter": "2", "version": "7"})

    assert 'name="version" value="7"' in form
    assert appointments.versions == [7]


def test_who_was_slower_reads_the_reason_beside_the_present_state(clerk, appointments):
    appointments.replies[f"{ONE}/check-in"] = refusal("illegal-transition")
    appointments.replies[ONE] = Reply(200, shown(status="called"))

    answer = clerk.post(f"{PAGE}/actions/check_in", {})

    assert answer.status_code == 409
    assert "فسرها" in answer.text
    assert "نودي" in answer.text


def test_a_missing_counter_is_named_beside_its_input(clerk, appointments):
    appointments.replies[f"{ONE}/call"] = refusal(
        "invalid-request", ("counter", "اكتبوا رقم الشباك"), status=400
    )

    assert 'href="#counter"' in clerk.post(f"{PAGE}/actions/call", {}).text


def test_a_form_whose_answer_got_lost_keeps_what_was_typed(clerk, appointments):
    appointments.replies[f"{ONE}/serve"] = None

    answer = clerk.post(f"{PAGE}/actions/serve", {"note": "سُلمت الإفادة"})

    assert answer.status_code == 503
    assert ">سُلمت الإفادة</textarea>" in answer.text


def test_a_form_with_a_worn_out_token_is_kept_and_filled_in_again(clerk, desk_issuer, appointments):
    desk_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    clerk.sign_in(COUNTER)

    kept = clerk.post(f"{PAGE}/actions/serve", {"note": "سُلمت الإفادة"})
    desk_issuer.claims = {}
    clerk.sign_in(COUNTER)
    shown_again = clerk.get(kept.headers["location"]).text

    assert asked_of(appointments, f"{ONE}/serve") == []
    assert ">سُلمت الإفادة</textarea>" in shown_again


def test_the_mobile_is_shown_for_a_reason_and_its_page_has_no_address(clerk, appointments):
    answer = clerk.post(f"{PAGE}/actions/reveal", {"reason": "معاودة الاتصال"})

    assert answer.status_code == 200
    assert "+966500000001" in answer.text
    assert asked_of(appointments, f"{ONE}/person") == [{"reason": "معاودة الاتصال"}]
    assert "+966500000001" not in clerk.get(PAGE).text


def test_an_appointment_shows_its_history_and_its_actions(clerk, appointments):
    text = clerk.get(PAGE).text

    assert "صاحب الموعد" in text
    assert f'href="{PAGE}/actions/cancel"' in text
    assert f'href="{PAGE}/actions/serve"' not in text


def test_an_unknown_action_is_not_found(clerk, appointments):
    assert clerk.get(f"{PAGE}/actions/delete").status_code == 404
    assert clerk.post(f"{PAGE}/actions/delete", {}).status_code == 404


def test_a_closure_names_whom_it_affects_before_anything_is_closed(planner, appointments):
    affected = example("appointments", "Affected")["affected"]
    appointments.replies[STANDING] = Reply(201, {"affected": affected, "items": []})

    answer = planner.post(CLOSING, {**CLOSURE, "action": "preview"})

    sent = [one for one in asked_of(appointments, STANDING) if "preview" in (one or {})]
    assert sent == [
        {
            "municipality": "saihat",
            "starts_at": "2026-12-01T08:00:00+03:00",
            "ends_at": "2026-12-01T14:00:00+03:00",
            "reason": {"ar": "صيانة", "en": "Maintenance"},
            "preview": True,
        }
    ]
    assert "480000123" in answer.text
    assert 'value="close"' in answer.text


def test_a_closure_that_stands_already_is_not_made_twice(planner, appointments):
    same = {**example("appointments", "Closure"), "department_id": None}
    appointments.replies[STANDING] = Reply(200, {"items": [same], "affected": []})
    previewed = digest_in(planner.post(CLOSING, {**CLOSURE, "action": "preview"}).text)

    done = planner.post(CLOSING, {**CLOSURE, "action": "close", "previewed": previewed})

    assert done.headers["location"] == f"{CLOSING}?municipality=saihat&done=close"
    assert previews_of(appointments) == [True]


def digest_in(text):
    """Returns what the page knows the shown closure by."""
    return text.partition('name="previewed" value="')[2].partition('"')[0]


def previews_of(service):
    """Returns of each closure that was sent whether it was a preview."""
    return [one["preview"] for one in asked_of(service, STANDING) if "preview" in (one or {})]


def test_the_shown_closure_is_made(planner, appointments):
    appointments.replies[STANDING] = Reply(201, {"items": [], "affected": []})
    previewed = digest_in(planner.post(CLOSING, {**CLOSURE, "action": "preview"}).text)

    done = planner.post(CLOSING, {**CLOSURE, "action": "close", "previewed": previewed})

    assert done.status_code == 303
    assert previews_of(appointments) == [True, False]


@pytest.mark.parametrize(
    "changes", [{"until": "15:00"}, {"department": "0195ff10"}, {"day": "1448/06/22"}]
)
def test_another_closure_than_the_shown_one_is_shown_first(planner, appointments, changes):
    appointments.replies[STANDING] = Reply(201, {"items": [], "affected": []})
    previewed = digest_in(planner.post(CLOSING, {**CLOSURE, "action": "preview"}).text)

    answer = planner.post(
        CLOSING, {**CLOSURE, **changes, "action": "close", "previewed": previewed}
    )

    assert answer.status_code == 200
    assert previews_of(appointments) == [True, True]


def test_no_closure_is_made_that_was_never_shown(planner, appointments):
    appointments.replies[STANDING] = Reply(201, {"items": [], "affected": []})

    planner.post(CLOSING, {**CLOSURE, "action": "close"})

    assert previews_of(appointments) == [True]


def test_every_input_that_cannot_be_read_is_named_at_once(planner, appointments):
    answer = planner.post(CLOSING, {**CLOSURE, "day": "غدا", "from": "8", "until": "25:00"})

    assert answer.status_code == 400
    for name in ("day", "from", "until"):
        assert f'href="#{name}"' in answer.text


def test_a_refused_closure_keeps_what_was_typed(planner, appointments):
    appointments.replies[STANDING] = refusal(
        "invalid-request", ("ends_at", "النهاية قبل البداية"), status=400
    )

    answer = planner.post(CLOSING, {**CLOSURE, "action": "preview"})

    assert 'href="#until"' in answer.text
    assert 'value="1448/06/21"' in answer.text


def test_a_closure_is_lifted(planner, appointments):
    done = planner.post(f"{CLOSING}/{CLOSURE_ID}", {"municipality": "saihat"})

    assert done.headers["location"] == f"{CLOSING}?municipality=saihat&done=lift"


def test_a_clerk_closes_nothing(clerk, appointments):
    assert clerk.get(CLOSING).status_code == 403
    assert clerk.post(CLOSING, CLOSURE).status_code == 403
