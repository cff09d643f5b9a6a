"""The walks through the public pages of appointments."""

from collections.abc import Callable
from typing import Any

from portal_walks import Walk, fault, fill, press, words
from selenium.webdriver.common.by import By

from chassis.core import contracts

PUBLIC = "/v1/public"
DEPARTMENTS, SLOTS = f"{PUBLIC}/appointment-departments", f"{PUBLIC}/appointment-slots"
HOLDS, CODES, BOOK = (f"{PUBLIC}/appointment{one}" for one in ("-holds", "-codes", "s"))
KEY_CODES, KEYS = f"{PUBLIC}/appointment-key-codes", f"{PUBLIC}/appointment-keys"
INQUIRIES, MOVES = f"{PUBLIC}/appointment-inquiries", f"{PUBLIC}/appointment-moves"
CANCELLATIONS = f"{PUBLIC}/appointment-cancellations"
DEPARTMENT_ID = "0195ff10-4d00-7b22-9d3f-000000000001"
FEED, SCREEN = f"/v1/displays/{DEPARTMENT_ID}", f"/appointments/display/{DEPARTMENT_ID}"
# Another screen, because the numbers of the first are kept for some seconds.
QUIET = "0195ff10-4d00-7b22-9d3f-0000000000ff"
QUIET_FEED, QUIET_SCREEN = f"/v1/displays/{QUIET}", f"/appointments/display/{QUIET}"
TIMES = f"/appointments/times?department={DEPARTMENT_ID}&service=inquiry"
OPEN, FAR = "/appointments/open", "2070-12-01T04:15:00Z"
DETAILS = {"name": "علي آل تجربة (بيانات تجريبية)", "mobile": "0500000001", "reference": "1448/77"}


def example(name: str) -> Any:
    """Returns an example of the contract."""
    return contracts.openapi("appointments")["components"]["examples"][name]["value"]


def appointment(**changes: Any) -> dict[str, Any]:
    """Returns an appointment that can still be changed."""
    return {**example("PublicAppointment"), "change_until": FAR, **changes}


def free_slots() -> list[dict[str, Any]]:
    """Returns the free times of three days, from half past seven to two."""
    (slot,) = example("SlotList")["items"]
    return [
        {
            **slot,
            "day": day,
            "starts_at": f"{day}T{hour - 3:02}:{minute}:00Z",
            "time": f"{hour:02}:{minute}",
            "free": 1 + hour % 3,
            "change_until": "2020-12-01T04:15:00Z" if (day, hour) == ("2026-12-01", 8) else FAR,
        }
        for day in ("2026-12-01", "2026-12-02", "2026-12-06")
        for hour in (8, 9, 10, 12, 13)
        for minute in ("00", "15", "30", "45")
    ]


def appointment_answers() -> dict[str, tuple[int, Any]]:
    """Returns what a service `appointments` that is well answers, by path."""
    sent = {**example("SentCode"), "expires_at": FAR}
    cancelled = {
        "status": "cancelled",
        "status_title": words("ملغى", "Cancelled"),
        "tone": "neutral",
    }
    return {
        DEPARTMENTS: (200, example("PublicDepartmentList")),
        SLOTS: (200, {"items": free_slots()}),
        HOLDS: (201, example("Hold")),
        CODES: (202, sent),
        BOOK: (201, {**appointment(), "key": "tY3lXa9Qm0uVfT2bR8cKzA"}),
        KEY_CODES: (202, sent),
        KEYS: (201, example("AppointmentKey")),
        INQUIRIES: (200, appointment()),
        MOVES: (200, appointment()),
        CANCELLATIONS: (200, appointment(**cancelled)),
        FEED: (200, example("Display")),
    }


SLOT = "main button[name=starts_at]"


def hold(browser: Any) -> None:
    """Chooses the first time."""
    press(browser, SLOT)


def enter_details(browser: Any) -> None:
    """Chooses the first time, and says who comes."""
    hold(browser)
    fill(**DETAILS)(browser)


def book(browser: Any) -> None:
    """Books the first time."""
    enter_details(browser)
    browser.find_element(By.ID, "code").send_keys("418207")
    press(browser, "button[value=book]")


def open_appointment(*selectors: str) -> Callable[[Any], None]:
    """Returns the act of opening an appointment and pressing buttons of its page."""

    def act(browser: Any) -> None:
        browser.find_element(By.ID, "number").send_keys("480000123")
        browser.find_element(By.ID, "mobile").send_keys("0500000001")
        press(browser, "button[value=send]")
        browser.find_element(By.ID, "code").send_keys("418207")
        press(browser, "button[value=open]")
        for selector in selectors:
            press(browser, selector)

    return act


def cancel(browser: Any) -> None:
    """Opens an appointment and cancels it."""
    open_appointment()(browser)
    browser.find_element(By.CSS_SELECTOR, "main details summary").click()
    press(browser, "button[value=cancel]")


def visit(address: str) -> Callable[[Any], None]:
    """Returns the act of opening an appointment and going to an address of the portal."""

    def act(browser: Any) -> None:
        open_appointment()(browser)
        browser.get(browser.current_url.partition("/appointments")[0] + address)

    return act


TAKEN = (409, {"type": "…/slot-taken", "title": "x", "detail": "سبقكم غيركم إلى 09:15"})
LATE = (409, {"type": "…/too-late-to-change", "title": "x", "detail": "فات الوقت في 09:15"})
NO_KEY = (404, {"type": "…/not-found", "title": "غير موجود"})
AWAY = dict.fromkeys((DEPARTMENTS, SLOTS, HOLDS, CODES, BOOK, KEY_CODES, INQUIRIES), (503, {}))
CONFIRM = "button[value=move]"
MOVE = "a[href='/appointments/mine/times']"
AFFECTED = {
    INQUIRIES: (
        200,
        appointment(affected=True, offer=None, waits=False, queue_number=7, called_to=2),
    )
}
SERVED = {INQUIRIES: (200, appointment(status="served", tone="good", offer=None))}
APPOINTMENT_WALKS = tuple(
    Walk(page, state, address, task=None, **more)
    for page, state, address, more in (
        ("appointments", "good", "/appointments", {}),
        ("appointments", "nothing", "/appointments", {"changed": {DEPARTMENTS: (200, {"items": []})}}),
        ("appointments", "away", "/appointments", {"changed": AWAY}),
        ("appointment_times", "good", TIMES, {}),
        ("appointment_times", "hold-over", f"{TIMES}&over=yes", {}),
        ("appointment_times", "nothing", TIMES, {"changed": {SLOTS: (200, {"items": []})}}),
        ("appointment_times", "fault", f"{TIMES}&from=x", {"changed": {SLOTS: fault("from_day")}, "is_error": True}),
        ("appointment_times", "away", TIMES, {"changed": {SLOTS: (503, {})}}),
        ("appointment_times", "missing", "/appointments/times", {}),
        ("appointment_time_choice", "good", TIMES, {"act": hold}),
        ("appointment_time_choice", "taken", TIMES, {"act": hold, "changed": {HOLDS: TAKEN}, "is_error": True}),
        ("appointment_time_choice", "away", TIMES, {"act": hold, "changed": {HOLDS: (503, {})}}),
        ("appointment_details", "early", "/appointments/details", {}),
        ("appointment_details_entry", "good", TIMES, {"act": enter_details}),
        (
            "appointment_details_entry", "fault", TIMES,
            {"act": enter_details, "changed": {CODES: fault("mobile")}, "is_error": True},
        ),
        ("appointment_details_entry", "away", TIMES, {"act": enter_details, "changed": {CODES: (503, {})}}),
        ("appointment_code", "early", "/appointments/code", {}),
        ("appointment_booking", "good", TIMES, {"act": book}),
        ("appointment_booking", "fault", TIMES, {"act": book, "changed": {BOOK: fault("name")}, "is_error": True}),
        ("appointment_booking", "away", TIMES, {"act": book, "changed": {BOOK: (503, {})}}),
        ("appointment_open", "good", OPEN, {}),
        ("appointment_open", "key-over", f"{OPEN}?over=yes", {}),
        ("appointment_opening", "good", OPEN, {"act": open_appointment()}),
        (
            "appointment_opening", "fault", OPEN,
            {"act": open_appointment(), "changed": {KEYS: fault("code")}, "is_error": True},
        ),
        ("appointment", "no-key", "/appointments/mine", {}),
        ("appointment", "affected", OPEN, {"act": open_appointment(), "changed": AFFECTED}),
        ("appointment", "served", OPEN, {"act": open_appointment(), "changed": SERVED}),
        ("appointment", "key-over", OPEN, {"act": open_appointment(), "changed": {INQUIRIES: NO_KEY}}),
        ("appointment", "away", OPEN, {"act": open_appointment(), "changed": {INQUIRIES: (503, {})}}),
        ("appointment_choice", "good", OPEN, {"act": cancel}),
        ("appointment_choice", "late", OPEN, {"act": cancel, "changed": {CANCELLATIONS: LATE}, "is_error": True}),
        ("appointment_choice", "away", OPEN, {"act": cancel, "changed": {CANCELLATIONS: (503, {})}}),
        ("appointment_other_times", "good", OPEN, {"act": open_appointment(MOVE)}),
        ("appointment_other_times", "no-key", "/appointments/mine/times", {}),
        ("appointment_move", "confirm", OPEN, {"act": open_appointment(MOVE, SLOT)}),
        ("appointment_move", "good", OPEN, {"act": open_appointment(MOVE, SLOT, CONFIRM)}),
        (
            "appointment_move", "taken", OPEN,
            {"act": open_appointment(MOVE, SLOT, CONFIRM), "changed": {MOVES: TAKEN}, "is_error": True},
        ),
        ("appointment_display", "good", SCREEN, {}),
        ("appointment_display", "away", QUIET_SCREEN, {"changed": {QUIET_FEED: (503, {})}}),
        ("appointment_ticket", "no-key", "/appointments/ticket.pdf", {}),
        ("appointment_ticket", "missing", OPEN, {"act": visit("/appointments/ticket.pdf")}),
        ("appointment_calendar", "no-key", "/appointments/appointment.ics", {}),
        ("appointment_calendar", "missing", OPEN, {"act": visit("/appointments/appointment.ics")}),
    )
)  # fmt: skip
