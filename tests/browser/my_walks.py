"""The walks through a citizen's pages."""

from portal_walks import Walk

from chassis.core import contracts

MINE, PERMITS = "/v1/my/permits", "/my/permits"
EXAMPLE = contracts.openapi("permits")["components"]["examples"]["MyPermitPage"]["value"]
NOTHING = {MINE: (200, {"items": [], "next_cursor": None})}
AWAY = {MINE: (503, {})}
REPORTS, MY_REPORTS = "/v1/my/reports", "/my/reports"
REPORT_PAGE = contracts.openapi("reports")["components"]["examples"]["MyReportPage"]["value"]


def my_answers() -> dict[str, tuple[int, dict[str, object]]]:
    """Returns what services that are well answer a citizen, by path."""
    return {
        MINE: (200, {**EXAMPLE, "next_cursor": "c2"}),
        REPORTS: (200, {**REPORT_PAGE, "next_cursor": "c2"}),
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
)
