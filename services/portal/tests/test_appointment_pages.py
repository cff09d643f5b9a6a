"""Appointments of people without an account: service, time, details, code; then shown, moved, cancelled, printed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from public_asking import example, press_twice, refusal
from reporting import step
from sqlalchemy import func, select, update

from portal.commands.public_forms import drop_old_forms
from portal.models import PublicFormRow
from portal.outside.services import FileReply, Reply

PUBLIC = "/v1/public"
DEPARTMENTS, SLOTS = f"{PUBLIC}/appointment-departments", f"{PUBLIC}/appointment-slots"
HOLDS, CODES, BOOK = (
    f"{PUBLIC}/appointment-holds",
    f"{PUBLIC}/appointment-codes",
    f"{PUBLIC}/appointments",
)
KEY_CODES, KEYS = f"{PUBLIC}/appointment-key-codes", f"{PUBLIC}/appointment-keys"
INQUIRIES, MOVES = f"{PUBLIC}/appointment-inquiries", f"{PUBLIC}/appointment-moves"
CANCELLATIONS = f"{PUBLIC}/appointment-cancellations"
ACCEPTANCES = f"{PUBLIC}/appointment-offers/accept"
TICKETS = f"{PUBLIC}/appointment-tickets"
DEPARTMENT_ID = "0195ff10-4d00-7b22-9d3f-000000000001"
CHOSEN = {"department": DEPARTMENT_ID, "service": "inquiry"}
TIMES = f"/appointments/times?department={DEPARTMENT_ID}&service=inquiry"
MINE, OPEN = "/appointments/mine", "/appointments/open"
SLOT, KEY = "2026-12-01T06:15:00Z", "tY3lXa9Qm0uVfT2bR8cKzA"
DETAILS = {
    "name": "علي آل تجربة (بيانات تجريبية)",
    "mobile": "0500000001",
    "reference": "44120981",
    "note": "استفسار عن معاملة",
    "id_type": "",
    "id_number": "",
}
TOO_EARLY = refusal("too-many-requests", status=429, detail="أعيدوا المحاولة بعد 42 ثانية.")
FAR = "2070-12-01T04:15:00Z"


@pytest.fixture
def appointments(public_services):
    service = public_services["appointments"]
    shown = {**example("appointments", "PublicAppointment"), "offer": None, "change_until": FAR}
    sent = {**example("appointments", "SentCode"), "expires_at": FAR}
    service.replies |= {
        DEPARTMENTS: Reply(200, example("appointments", "PublicDepartmentList")),
        SLOTS: Reply(200, example("appointments", "SlotList")),
        HOLDS: Reply(201, example("appointments", "Hold")),
        CODES: Reply(202, sent),
        BOOK: Reply(201, {**shown, "key": KEY}),
        KEY_CODES: Reply(202, sent),
        KEYS: Reply(201, example("appointments", "AppointmentKey")),
        INQUIRIES: Reply(200, shown),
        CANCELLATIONS: Reply(200, {**shown, "status": "cancelled"}),
        MOVES: Reply(200, shown),
        TICKETS: FileReply(b"%PDF-1.7", "application/pdf"),
    }
    return service


def slots_of(*days):
    """Returns a free time in the morning and a free time in the afternoon of each day."""
    (slot,) = example("appointments", "SlotList")["items"]
    return [
        {
            **slot,
            "change_until": FAR,
            "day": day,
            "starts_at": f"{day}T{utc}:15:00Z",
            "time": f"{riyadh}:15",
        }
        for day in days
        for utc, riyadh in (("06", "09"), ("10", "13"))
    ]


def test_a_first_day_that_is_over_is_said_to_be_over(browser, appointments):
    past = browser.get(f"{TIMES}&from=2020-11-01").text
    hijri = browser.get(f"{TIMES}&from=١٤٤٨/٠١/٠١").text

    assert "مضى اليوم الذي اخترتموه" in past
    assert "مضى اليوم الذي اخترتموه" in hijri
    assert "مضى اليوم الذي اخترتموه" not in browser.get(TIMES).text
    assert "مضى اليوم الذي اخترتموه" not in browser.get(f"{TIMES}&from=soon").text


def test_empty_answers_are_left_out_so_that_the_service_says_what_is_needed(browser, appointments):
    enter_details(browser, name=" ", mobile="")

    [body] = appointments.bodies(CODES)
    assert not {"name", "mobile"} & set(body)


def hold(browser):
    return step(browser, "/appointments/times", {**CHOSEN, "starts_at": SLOT})


def enter_details(browser, **changes):
    hold(browser)
    return step(browser, "/appointments/details", {**DETAILS, **changes})


def book(browser, code="418207"):
    return step(browser, "/appointments/code", {"action": "book", "code": code})


def booked(browser):
    enter_details(browser)
    return book(browser)


def test_services_stand_beneath_their_municipality(browser, appointments):
    shown = browser.get("/appointments").text

    assert "بلدية سيهات" in shown
    assert f"department={DEPARTMENT_ID}&amp;service=inquiry" in shown


def test_free_times_stand_beneath_their_day_in_both_calendars(browser, appointments):
    shown = browser.get(TIMES).text

    assert "21 جمادى الآخرة 1448" in shown
    assert f'value="{SLOT}"' in shown
    asked = {"department_id": DEPARTMENT_ID, "service": "inquiry", "days": 7}
    assert appointments.bodies(SLOTS) == [asked]


def test_the_first_day_with_free_times_is_shown_by_morning_and_afternoon_and_others_are_offered(
    browser, appointments
):
    appointments.replies[SLOTS] = Reply(200, {"items": slots_of("2026-12-01", "2026-12-03")})

    first = browser.get(TIMES).text
    other = browser.get(f"{TIMES}&day=2026-12-03").text

    for shown, day, away in ((first, "01", "03"), (other, "03", "01")):
        assert f'value="2026-12-{day}T06:15:00Z"' in shown
        assert f'value="2026-12-{away}T06:15:00Z"' not in shown
        assert f'<input type="hidden" name="day" value="2026-12-{day}">' in shown
        assert (
            shown.count("<legend>صباحًا</legend>") == shown.count("<legend>بعد الظهر</legend>") == 1
        )
        for offered in ("01", "03"):
            assert f"&amp;day=2026-12-{offered}#times" in shown
    assert "2026-12-02" not in first + other


def test_a_day_without_free_times_shows_the_first_day_that_has_some(browser, appointments):
    appointments.replies[SLOTS] = Reply(200, {"items": slots_of("2026-12-01", "2026-12-03")})

    shown = browser.get(f"{TIMES}&day=2026-12-02").text

    assert 'value="2026-12-01T06:15:00Z"' in shown


def test_the_next_days_begin_behind_those_that_are_shown(browser, appointments):
    shown = browser.get(f"{TIMES}&from=2070-01-05").text

    assert "from=2070-01-12" in shown
    assert "from=2069-12-29" in shown
    assert appointments.bodies(SLOTS)[0]["from_day"] == "2070-01-05"


def test_a_day_that_cannot_be_read_is_named_beside_its_input(browser, appointments):
    appointments.replies[SLOTS] = refusal("invalid-request", ("from_day", "ليس تاريخًا"), status=400)

    answer = browser.get(f"{TIMES}&from=x")

    assert answer.status_code == 400
    assert 'href="#from"' in answer.text


def test_an_unknown_service_is_not_found(browser, appointments):
    assert (
        browser.get(f"/appointments/times?department={DEPARTMENT_ID}&service=x").status_code == 404
    )
    assert browser.get("/appointments/times").status_code == 404
    assert browser.get("/appointments/times?department=x&service=inquiry").status_code == 404


def test_the_times_of_a_service_ask_for_its_department_alone(browser, appointments):
    browser.get(TIMES)

    assert appointments.bodies(DEPARTMENTS) == [{"department_id": DEPARTMENT_ID}]


def test_an_appointment_is_booked_with_what_was_typed_and_no_address_tells_of_the_person(
    browser, appointments
):
    held = hold(browser)
    typed = step(browser, held.headers["location"], DETAILS)
    done = step(browser, typed.headers["location"], {"action": "book", "code": "418207"})

    device_key = appointments.bodies(HOLDS)[0]["device_key"]
    sent = {"hold_id": "0195ff10-4d00-7b22-9d3f-0000000000b1", "device_key": device_key}
    filled = {name: text for name, text in DETAILS.items() if text}
    asked = ("name", "mobile", "id_type", "id_number")
    named = {name: filled[name] for name in asked if name in filled}
    assert appointments.bodies(CODES) == [{**sent, **named, "language": "ar"}]
    assert appointments.bodies(BOOK) == [{**sent, **filled, "code": "418207", "language": "ar"}]
    assert [one.headers["location"] for one in (held, typed, done)] == [
        "/appointments/details",
        "/appointments/code",
        f"{MINE}?done=booked",
    ]
    assert "480000123" in browser.get(MINE).text


def test_two_presses_on_a_time_come_from_one_browser(browser, appointments):
    browser.get(TIMES)
    hold(browser)
    hold(browser)

    first, second = (one["device_key"] for one in appointments.bodies(HOLDS))
    assert first == second


def test_a_second_press_while_the_code_goes_out_leads_to_the_page_of_the_code(
    browser, appointments
):
    hold(browser)

    second = press_twice(browser, appointments, CODES, "/appointments/details", DETAILS)

    assert second.headers["location"] == "/appointments/code"


def test_a_second_press_while_the_key_code_goes_out_leads_to_the_code(browser, appointments):
    first_step = {"action": "send", "number": "480000001", "mobile": "0500000001"}

    second = press_twice(browser, appointments, KEY_CODES, OPEN, first_step)

    assert second.headers["location"] == OPEN
    assert 'name="code"' in browser.get(OPEN).text


def test_an_appointment_that_an_officer_confirms_isn_t_said_to_be_booked(browser, appointments):
    booked(browser)
    shown = appointments.replies[INQUIRIES].document
    appointments.replies[INQUIRIES] = Reply(200, {**shown, "status": "requested"})

    page = browser.get(f"{MINE}?done=booked").text

    assert "وينتظر الموعد تأكيد الموظف" in page
    assert "حُجز الموعد" not in page


def test_a_booking_whose_answer_got_lost_is_sent_again_under_its_key(browser, appointments):
    enter_details(browser)
    answered = appointments.replies[BOOK]
    appointments.replies[BOOK] = None
    lost = book(browser)
    appointments.replies[BOOK] = answered

    again = book(browser)

    keys = [one for one in appointments.keys if one]
    assert lost.status_code == 503
    assert again.status_code == 303
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_another_code_is_another_attempt(browser, appointments):
    enter_details(browser)
    answered = appointments.replies[BOOK]
    appointments.replies[BOOK] = refusal("code-not-right", status=422)
    wrong = book(browser, "000000")
    appointments.replies[BOOK] = answered

    book(browser)

    first, second = [one for one in appointments.keys if one]
    assert 'href="#code"' in wrong.text
    assert first != second


def test_a_time_that_is_taken_leaves_the_other_times_on_the_page(browser, appointments):
    appointments.replies[HOLDS] = refusal("slot-taken", next_slots=[SLOT])

    answer = hold(browser)

    assert answer.status_code == 409
    assert "فسرها" in answer.text
    assert f'value="{SLOT}"' in answer.text


def test_an_ended_hold_leads_back_to_the_times_and_keeps_what_was_typed(browser, appointments):
    enter_details(browser)
    appointments.replies[BOOK] = refusal("hold-over")

    back = book(browser)
    shown = browser.get(back.headers["location"]).text
    hold(browser)

    assert back.headers["location"].startswith("/appointments/times?")
    assert "انتهى الحجز المؤقت" in shown
    assert 'value="علي آل تجربة' in browser.get("/appointments/details").text


def test_a_fault_of_the_details_leads_to_its_input_and_the_code_stays_good(browser, appointments):
    enter_details(browser, id_number="1")
    appointments.replies[BOOK] = refusal("invalid-request", ("id_number", "عشرة أرقام"), status=400)

    answer = book(browser)
    mended = step(browser, "/appointments/details", DETAILS)

    assert 'href="#id_number"' in answer.text
    assert mended.headers["location"] == "/appointments/code"
    assert len(appointments.bodies(CODES)) == 1


def test_another_code_that_comes_too_early_is_refused_on_the_page_of_the_code(
    browser, appointments
):
    enter_details(browser)
    appointments.replies[CODES] = TOO_EARLY

    refused = step(browser, "/appointments/code", {"action": "resend"})

    assert refused.status_code == 429
    assert "أعيدوا المحاولة بعد" in refused.text
    assert 'name="code"' in refused.text


def test_another_code_to_open_an_appointment_leaves_the_page_of_the_code_alone(
    browser, appointments
):
    step(browser, OPEN, {"action": "send", "number": "480000001", "mobile": "0500000001"})
    appointments.replies[KEY_CODES] = TOO_EARLY

    refused = step(browser, OPEN, {"action": "send"})

    assert "أعيدوا المحاولة بعد" in refused.text
    assert 'name="code"' in refused.text
    assert 'name="code"' in browser.get(OPEN).text


def test_another_mobile_gets_a_code_of_its_own(browser, appointments):
    enter_details(browser)
    step(browser, "/appointments/details", {**DETAILS, "mobile": "0500000002"})

    assert [one["mobile"] for one in appointments.bodies(CODES)] == ["0500000001", "0500000002"]


def test_a_mobile_with_spaces_and_arabic_digits_gets_a_code(browser, appointments):
    enter_details(browser, mobile="+٩٦٦ ٥٠ ٠٠٠ ٠٠٠٢")

    assert appointments.bodies(CODES)[0]["mobile"] == "0500000002"
    assert "0500000002" in browser.get("/appointments/code").text


def test_a_refused_mobile_gets_no_code(browser, appointments):
    appointments.replies[CODES] = refusal(
        "invalid-request", ("mobile", "جوال غير صحيح"), status=400
    )

    answer = enter_details(browser, mobile="12")

    assert 'href="#mobile"' in answer.text
    assert 'value="12"' in answer.text


@pytest.mark.parametrize("path", ["/appointments/details", "/appointments/code"])
def test_a_step_without_a_held_time_leads_to_the_beginning(browser, appointments, path):
    assert browser.get(path).status_code == 303


def test_the_second_press_of_the_last_button_leads_to_the_booked_appointment(browser, appointments):
    booked(browser)

    assert book(browser).headers["location"] == "/appointments/details"
    assert browser.get("/appointments/details").headers["location"] == MINE


def test_an_ended_hold_leads_to_no_earlier_appointment(browser, appointments):
    booked(browser)
    enter_details(browser)
    appointments.replies[BOOK] = refusal("hold-over")
    book(browser)

    assert browser.get("/appointments/details").headers["location"] == "/appointments"


def test_a_foreign_browser_sees_neither_the_typed_nor_the_appointment(
    browser, other_browser, appointments
):
    booked(browser)

    assert other_browser.get(MINE).headers["location"] == OPEN


def open_appointment(browser):
    step(browser, OPEN, {"action": "send", "number": "480000123", "mobile": "0500000001"})
    return step(browser, OPEN, {"action": "open", "code": "418207"})


def test_a_booked_appointment_is_opened_by_number_mobile_and_code(browser, appointments):
    opened = open_appointment(browser)

    assert opened.headers["location"] == MINE
    told = {"appointment_number": "480000123", "mobile": "0500000001"}
    assert appointments.bodies(KEY_CODES) == [{**told, "language": "ar"}]
    assert appointments.bodies(KEYS) == [{**told, "code": "418207"}]
    assert "1 ديسمبر 2026" in browser.get(MINE).text


def test_a_second_press_reads_what_the_first_has_opened(browser, appointments):
    open_appointment(browser)

    again = step(browser, OPEN, {"action": "open", "code": "418207"})

    assert again.headers["location"] == MINE
    assert len(appointments.bodies(KEYS)) == 1


def test_the_page_of_the_code_says_the_same_for_an_unknown_number(browser, appointments):
    step(browser, OPEN, {"action": "send", "number": "480000199", "mobile": "0500000001"})

    assert "إن كان الموعد" in browser.get(OPEN).text


def test_an_appointment_is_cancelled_with_its_key(browser, appointments):
    booked(browser)

    done = step(browser, MINE, {"action": "cancel"})

    assert appointments.bodies(CANCELLATIONS) == [{"key": KEY}]
    assert "أُلغي الموعد" in browser.get(done.headers["location"]).text


def test_a_button_of_an_appointment_that_another_tab_replaced_does_nothing(browser, appointments):
    booked(browser)

    answer = step(browser, MINE, {"action": "cancel", "number": "480000199"})
    moved = step(browser, f"{MINE}/times", {"starts_at": SLOT, "number": "480000199"})

    assert (answer.status_code, moved.status_code) == (409, 409)
    assert "فُتح موعد آخر في هذا المتصفح" in answer.text
    assert "480000123" in answer.text
    assert appointments.bodies(CANCELLATIONS) == appointments.bodies(MOVES) == []


def test_the_buttons_name_the_appointment_and_the_times_that_the_page_shows(browser, appointments):
    booked(browser)
    shown = appointments.replies[INQUIRIES].document
    offer = example("appointments", "PublicAppointment")["offer"] or {
        "starts_at": SLOT,
        "until": FAR,
    }
    appointments.replies[INQUIRIES] = Reply(200, {**shown, "offer": offer})
    appointments.replies[ACCEPTANCES] = Reply(200, shown)

    page = browser.get(MINE).text
    step(browser, MINE, inputs_of(page) | {"action": "cancel"})
    step(browser, MINE, inputs_of(page) | {"action": "accept"})

    assert inputs_of(page)["number"] == "480000123"
    cancelled = {"key": KEY, "starts_at": shown["starts_at"]}
    assert appointments.bodies(CANCELLATIONS) == [cancelled]
    assert appointments.bodies(ACCEPTANCES) == [{"key": KEY, "starts_at": offer["starts_at"]}]


def inputs_of(page):
    """Returns the hidden inputs of a page besides the token of its forms."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return {
        name: value for name, value in found.items() if name in ("number", "starts_at", "offered")
    }


def test_a_cancellation_that_comes_too_late_says_so_beside_the_appointment(browser, appointments):
    booked(browser)
    appointments.replies[CANCELLATIONS] = refusal("too-late-to-change")

    answer = step(browser, MINE, {"action": "cancel"})

    assert answer.status_code == 409
    assert "فسرها" in answer.text
    assert "480000123" in answer.text


def test_a_time_that_is_too_near_to_be_changed_again_says_so_before_it_is_chosen(
    browser, appointments
):
    booked(browser)
    (slot,) = example("appointments", "SlotList")["items"]
    near = {**slot, "change_until": "2020-12-01T04:15:00Z"}
    appointments.replies[SLOTS] = Reply(200, {"items": [near]})

    times = browser.get(f"{MINE}/times").text
    asked = step(browser, f"{MINE}/times", {"starts_at": SLOT}).text

    assert "لا يُغير ولا يُلغى" in times
    assert "لا يُغير ولا يُلغى بعد" in asked
    assert "فلا تستطيعون تغييره ولا إلغاءه بعد التأكيد" in asked


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "x", SLOT[:-1]]
)
def test_a_crafted_time_to_move_to_is_refused_by_the_service(browser, appointments, moment):
    booked(browser)
    appointments.replies["/v1/public/appointment-moves"] = refusal("invalid-request", status=400)

    asked = step(browser, f"{MINE}/times", {"starts_at": moment})

    assert asked.status_code == 400


def test_a_time_that_can_be_changed_again_says_until_when(browser, appointments):
    booked(browser)
    appointments.replies[SLOTS] = Reply(200, {"items": slots_of("2026-12-01")})

    times = browser.get(f"{MINE}/times").text
    asked = step(browser, f"{MINE}/times", {"starts_at": SLOT}).text

    assert "لا يُغير ولا يُلغى" not in times
    assert "لا يُغير ولا يُلغى بعد" in asked
    assert "فلا تستطيعون تغييره" not in asked


def test_an_appointment_whose_time_for_changes_is_over_says_when_it_ended(browser, appointments):
    over = {**example("appointments", "PublicAppointment"), "change_until": "2020-12-01T04:15:00Z"}
    booked(browser)
    appointments.replies[INQUIRIES] = Reply(200, over)

    shown = browser.get(MINE).text

    assert "لا يُغير ولا يُلغى بعد" in shown
    assert "يُغير ويُلغى حتى" not in shown


def test_an_appointment_is_moved_to_a_free_time_of_its_service(browser, appointments):
    booked(browser)

    shown = browser.get(f"{MINE}/times").text
    asked = step(browser, f"{MINE}/times", {"starts_at": SLOT})
    before = appointments.bodies(MOVES)
    seen = re.search(r'name="moved_from" value="([^"]+)"', asked.text)[1]
    confirmed = {"starts_at": SLOT, "action": "move", "moved_from": seen}
    done = step(browser, f"{MINE}/times", confirmed)

    assert f'value="{SLOT}"' in shown
    assert "تأكيد الوقت الجديد" in asked.text
    assert before == []
    now = appointments.replies[INQUIRIES].document["starts_at"]
    assert appointments.bodies(MOVES) == [{"key": KEY, "starts_at": SLOT, "moved_from": now}]
    assert done.headers["location"] == f"{MINE}?done=moved"


def test_a_taken_time_leaves_the_appointment_as_it_was(browser, appointments):
    booked(browser)
    appointments.replies[MOVES] = refusal("slot-taken")

    answer = step(browser, f"{MINE}/times", {"starts_at": SLOT, "action": "move"})

    assert answer.status_code == 409
    assert "موعدكم الآن" in answer.text


def test_a_key_that_has_ended_leads_to_a_new_code(browser, appointments):
    booked(browser)
    appointments.replies[INQUIRIES] = refusal("not-found", status=404)

    back = browser.get(MINE)

    assert back.headers["location"] == f"{OPEN}?over=yes"
    assert "أُغلق الموعد" in browser.get(f"{OPEN}?over=yes").text


def test_without_the_service_the_page_does_not_say_what_became_of_the_choice(browser, appointments):
    booked(browser)
    appointments.replies[CANCELLATIONS] = None

    answer = step(browser, MINE, {"action": "cancel"})

    assert answer.status_code == 503
    assert "لا نعلم هل تم ما طلبتموه" in answer.text
    assert "أُلغي الموعد" not in answer.text


def test_an_appointment_that_nobody_confirmed_has_no_papers(browser, appointments):
    booked(browser)
    sure = appointments.replies[INQUIRIES].document
    assert sure["status"] == "confirmed"
    appointments.replies[INQUIRIES] = Reply(200, {**sure, "status": "requested"})
    asked = browser.get(MINE).text
    appointments.replies[INQUIRIES] = Reply(200, sure)

    assert "ticket.pdf" not in asked
    assert "ticket.pdf" in browser.get(MINE).text


def test_the_ticket_is_a_file_and_nobody_without_the_key_gets_one(
    browser, other_browser, appointments
):
    booked(browser)

    ticket = browser.get("/appointments/ticket.pdf")

    assert ticket.content == b"%PDF-1.7"
    assert ticket.headers["content-disposition"] == 'attachment; filename="ticket.pdf"'
    assert other_browser.get("/appointments/ticket.pdf").headers["location"] == OPEN
    assert (
        browser.get("/appointments/ticket.pdf", **{"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )


def test_a_closed_appointment_is_shown_no_more(browser, appointments):
    booked(browser)

    step(browser, MINE, {"action": "close"})

    assert browser.get(MINE).headers["location"] == OPEN


def test_what_was_typed_is_forgotten_after_two_hours(browser, appointments, session):
    enter_details(browser)
    now = datetime.now(UTC)
    session.execute(update(PublicFormRow).values(saved_at=now - timedelta(hours=2, seconds=1)))

    assert browser.get("/appointments/details").headers["location"] == "/appointments"
    drop_old_forms(session, now)
    assert session.scalar(select(func.count()).select_from(PublicFormRow)) == 0
