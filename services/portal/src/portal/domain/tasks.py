"""What people come for in each area. Pure.

A person may only sign in for scopes that the person holds, and the sign-in page of identity names them. So the person
chooses the task first, and each task asks for its scopes only. A token is for one service, so a task has one service.
"""

from collections.abc import Mapping
from dataclasses import dataclass

GATEWAY, REPORTS, PERMITS = "partner-gateway", "reports", "permits"
PAYMENTS, HEALTH_CERTS = "payments", "health-certs"
READ, SEARCH, STATUS, LOG, INSPECT = (
    "building-permits.read",
    "building-permits.search",
    "gateway.status",
    "access-log.read",
    "insulation-inspections.write",
)
READ_REPORTS, FILE, REFER, TREAT, REVEAL, COUNT_REPORTS = (
    "reports.read",
    "reports.file",
    "reports.refer",
    "reports.treat",
    "reports.reveal",
    "reports.statistics",
)
READ_MY_PERMITS = "my-permits.read"
FIND_EXAMINEES, EXAMINE = "health-examinations.read", "health-examinations.write"
APPOINTMENTS = "appointments"
READ_APPOINTMENTS, SERVE, PLAN = "appointments.read", "appointments.desk", "appointments.plan"


@dataclass(frozen=True)
class Task:
    """A task with the service that its pages ask, the scopes that it needs and the page on which it begins."""

    name: str
    service: str
    scopes: tuple[str, ...]
    first_page: str

    @property
    def scope(self) -> str:
        return " ".join(self.scopes)


def _by_name(*tasks: Task) -> Mapping[str, Task]:
    return {task.name: task for task in tasks}


DISPATCH = Task("dispatch", GATEWAY, (READ, SEARCH, STATUS), "/sec/permits")
LOOK_UP = Task("look-up", GATEWAY, (READ,), "/sec/permits")
INSPECTION = Task("inspection", GATEWAY, (INSPECT, READ), "/sec/permits")
AUDIT = Task("audit", GATEWAY, (LOG, STATUS), "/sec/access-log")
COMPANY_TASKS = _by_name(DISPATCH, INSPECTION, LOOK_UP, AUDIT)

REFERRAL = Task("referral", REPORTS, (READ_REPORTS, REFER, TREAT, REVEAL), "/desk/reports")
TREATMENT = Task("treatment", REPORTS, (READ_REPORTS, TREAT), "/desk/reports")
CALLS = Task("calls", REPORTS, (READ_REPORTS, FILE), "/desk/calls")
STATISTICS = Task("statistics", REPORTS, (COUNT_REPORTS,), "/desk/statistics")
COUNTER = Task("counter", APPOINTMENTS, (READ_APPOINTMENTS, SERVE), "/desk/appointments")
CLOSURES = Task("closures", APPOINTMENTS, (READ_APPOINTMENTS, PLAN), "/desk/appointments/closures")
DESK_TASKS = _by_name(REFERRAL, TREATMENT, CALLS, STATISTICS, COUNTER, CLOSURES)

MY_PERMITS = Task("my-permits", PERMITS, (READ_MY_PERMITS,), "/my/permits")
MY_TASKS = _by_name(MY_PERMITS)

EXAMINATIONS = Task("examinations", GATEWAY, (FIND_EXAMINEES, EXAMINE), "/centre/examinations")
CENTRE_TASKS = _by_name(EXAMINATIONS)
