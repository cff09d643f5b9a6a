"""The walks through a citizen's pages."""

from typing import Any

from portal_walks import Walk, fault, send

from chassis.core import contracts

MINE, PERMITS = "/v1/my/permits", "/my/permits"
EXAMPLE = contracts.openapi("permits")["components"]["examples"]["MyPermitPage"]["value"]
NOTHING = {MINE: (200, {"items": [], "next_cursor": None})}
AWAY = {MINE: (503, {})}
REPORTS, MY_REPORTS = "/v1/my/reports", "/my/reports"
REPORT_PAGE = contracts.openapi("reports")["components"]["examples"]["MyReportPage"]["value"]

NUMBER = REPORT_PAGE["items"][0]["report_number"]
ANSWER, ANSWER_PAGE = f"{REPORTS}/{NUMBER}/answer", f"{MY_REPORTS}/{NUMBER}/answer"
MESSAGES, LANGUAGE = "/my/messages", "/v1/my/message-language"
CHOSEN = contracts.openapi("notify")["components"]["examples"]["MessageLanguage"]["value"]
REPORT = {**REPORT_PAGE["items"][0], "question": "أين العمود 3-5؟", "question_id": 17}
ASKED: dict[str, Any] = {
    REPORTS: (200, {**REPORT_PAGE, "items": [REPORT]}),
    f"{REPORTS}/{NUMBER}": (200, REPORT),
    ANSWER: (200, REPORT_PAGE["items"][0]),
}


def my_answers() -> dict[str, tuple[int, dict[str, object]]]:
    """Returns what services that are well answer a citizen, by path."""
    return {
        MINE: (200, {**EXAMPLE, "next_cursor": "c2"}),
        REPORTS: (200, {**REPORT_PAGE, "next_cursor": "c2"}),
        LANGUAGE: (200, CHOSEN),
    }


MY_WALKS = (
    Walk("my", "good", "/my", task=None),
    Walk("my", "other-tasks", "/my?tasks=all", task="my-permits"),
    Walk("my_sign_in", "unknown-task", "/my/sign-in/none", task=None),
    Walk("my_signed_in", "foreign-answer", "/my/signed-in?state=x&code=y", task=None),
    Walk("my_sign_out", "no-page", "/my/nothing", task="my-permits"),
    Walk("my_permits", "good", PERMITS, task="my-permits"),
    Walk("my_permits", "nothing", PERMITS, task="my-permits", changed=NOTHING),
    Walk("my_permits", "away", PERMITS, task="my-permits", changed=AWAY),
    Walk("my_reports", "good", MY_REPORTS, task="my-reports"),
    Walk("my_reports", "nothing", MY_REPORTS, task="my-reports", changed={REPORTS: NOTHING[MINE]}),
    Walk("my_reports", "away", MY_REPORTS, task="my-reports", changed={REPORTS: AWAY[MINE]}),
    Walk("my_reports", "asked", f"{MY_REPORTS}?done=my_report_answer", task="my-reports", changed=ASKED),
    Walk("my_report_answer", "good", ANSWER_PAGE, task="my-reports", changed=ASKED),
    Walk("my_report_answer", "not-asked", f"{MY_REPORTS}/1448999999/answer", task="my-reports"),
    Walk(
        "my_report_answer_entry", "good", ANSWER_PAGE, task="my-reports", changed=ASKED, act=send(text="أمام المدرسة"),
    ),
    Walk(
        "my_report_answer_entry", "fault", ANSWER_PAGE, task="my-reports", changed=ASKED, act=send(),
        meanwhile={ANSWER: fault("text")}, is_error=True,
    ),
    Walk("my_messages", "good", f"{MESSAGES}?done=message_language", task="my-messages"),
    Walk("my_messages", "away", MESSAGES, task="my-messages", changed={LANGUAGE: AWAY[MINE]}),
    Walk("my_messages_entry", "good", MESSAGES, task="my-messages", act=send()),
    Walk(
        "my_messages_entry", "fault", MESSAGES, task="my-messages", act=send(),
        meanwhile={LANGUAGE: fault("language")}, is_error=True,
    ),
)  # fmt: skip
