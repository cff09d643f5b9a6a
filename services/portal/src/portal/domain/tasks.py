"""What people come for in each area. Pure.

A person may only sign in for scopes that the person holds, and the sign-in page of identity names them. So the person
chooses the task first, and each task asks for its scopes only. A token is for one service. The token of the sign-in is
for the task's service; tokens for the task's other services come by exchange.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

GATEWAY, REPORTS, PERMITS = "partner-gateway", "reports", "permits"
PAYMENTS, HEALTH_CERTS = "payments", "health-certs"
LICENCES = "licences"
IDENTITY = "identity"
NOTIFY = "notify"
MANAGE_TEXTS, APPROVE_TEXTS = "templates.manage", "templates.approve"
READ_MESSAGES, WRITE_MY_MESSAGES = "messages.read", "my-messages.write"
ADMINISTER, ADMINISTER_OWN = "identity.admin", "organisation.admin"
WRITE_MY_DELEGATIONS = "my-delegations.write"
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
CONTRACT = "reports.contract"
READ_MY_PERMITS = "my-permits.read"
READ_MY_LICENCES, WRITE_MY_LICENCES = "my-licences.read", "my-licences.write"
READ_MY_HEALTH, WRITE_MY_HEALTH = "my-health-certs.read", "my-health-certs.write"
READ_MONEY, TAKE_MONEY, DECIDE_MONEY, APPROVE_MONEY = (
    "payments.read",
    "payments.counter",
    "payments.decide",
    "payments.approve",
)
READ_HEALTH, ENTER_EDUCATION = "health-certs.read", "health-education.write"
FIND_EXAMINEES, EXAMINE = "health-examinations.read", "health-examinations.write"
SUBMIT_LICENCES, READ_MUNICIPAL, EXPORT_LICENCES, MANAGE_WEBHOOKS = (
    "licences.submit",
    "licences.read",
    "licences.export",
    "webhooks.manage",
)
APPOINTMENTS = "appointments"
READ_APPOINTMENTS, SERVE, PLAN = "appointments.read", "appointments.desk", "appointments.plan"
READ_PERMITS, SEARCH_OWNERS, READ_LOOKS = "permits.read", "permits.search", "person-searches.read"
WRITE_REQUESTS, REVIEW_REQUESTS, ISSUE_PERMITS, MANAGE_PERMITS = (
    "permit-requests.write",
    "permit-requests.review",
    "permits.issue",
    "permits.manage",
)
INSULATE, COMPLETE_BUILDINGS, OCCUPY = (
    "certificates.insulation",
    "certificates.completion",
    "certificates.occupancy",
)
WRITE_RELEASES, DECIDE_RELEASES = "releases.write", "releases.decide"
READ_LICENCES, REVIEW_LICENCES, INSPECT_SHOPS, MANAGE_LICENCES = (
    "licence-applications.read",
    "licence-applications.review",
    "licence-inspections.write",
    "licences.manage",
)
MANAGE_RULES = "licence-rules.manage"
READ_VIOLATIONS, RECORD_VIOLATIONS, DECIDE_VIOLATIONS = (
    "violations.read",
    "violations.record",
    "violations.decide",
)
TRANSACTIONS = "transactions"
READ_MY_TRANSACTIONS, WRITE_MY_TRANSACTIONS = "my-transactions.read", "my-transactions.write"
READ_MY_REPORTS, WRITE_MY_REPORTS = "my-reports.read", "my-reports.write"
READ_MY_REFUNDS, WRITE_MY_REFUNDS = "my-payments.read", "my-payments.write"
READ_TRANSACTIONS, ENTER_TRANSACTIONS, PROCESS_TRANSACTIONS = (
    "transactions.read",
    "transactions.enter",
    "transactions.process",
)
DECIDE_TRANSACTIONS, REVEAL_APPLICANTS, OVERSEE_TRANSACTIONS = (
    "transactions.decide",
    "transactions.reveal",
    "transactions.oversee",
)
TENDERS = "tenders"
READ_TENDERS, PREPARE_TENDERS, PUBLISH_TENDERS = (
    "tenders.read",
    "tenders.prepare",
    "tenders.publish",
)
RECEIVE_BIDS, OPEN_BIDS, AWARD_TENDERS = "tenders.receive", "tenders.open", "tenders.award"


@dataclass(frozen=True)
class Task:
    """A task with the service that its pages ask, the scopes that it needs there and the page on which it begins.

    `other_services`: services that its pages ask beside it, with the scopes there. The sign-in page of identity names
    all these scopes.
    """

    name: str
    service: str
    scopes: tuple[str, ...]
    first_page: str
    other_services: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def services(self) -> tuple[str, ...]:
        return (self.service, *self.other_services)

    @property
    def scope(self) -> str:
        """Returns the scopes of the sign-in; those of the task's service come first, so the token is for it."""
        return " ".join(self.scope_of(service) for service in self.services)

    def scope_of(self, service: str) -> str:
        """Returns the scopes that the task needs at one of its services."""
        return " ".join(self.scopes if service == self.service else self.other_services[service])

    def is_held_with(self, scopes: Collection[str]) -> bool:
        """Returns whether a person with the scopes may sign in for the task."""
        return set(self.scope.split()) <= set(scopes)

    def service_of(self, scope: str | None) -> str:
        """Returns the service to which a scope of the task belongs. Returns the task's service for any other scope."""
        named = (name for name, scopes in self.other_services.items() if scope in scopes)
        return next(named, self.service)


def _by_name(*tasks: Task) -> Mapping[str, Task]:
    return {task.name: task for task in tasks}


DISPATCH = Task("dispatch", GATEWAY, (READ, SEARCH, STATUS), "/sec/permits")
LOOK_UP = Task("look-up", GATEWAY, (READ,), "/sec/permits")
INSPECTION = Task("inspection", GATEWAY, (INSPECT, READ), "/sec/permits")
AUDIT = Task("audit", GATEWAY, (LOG, STATUS), "/sec/access-log")
COMPANY_ADMINISTRATION = Task(
    "company-administration", IDENTITY, (ADMINISTER_OWN,), "/sec/administration/people"
)
COMPANY_TASKS = _by_name(DISPATCH, INSPECTION, LOOK_UP, AUDIT, COMPANY_ADMINISTRATION)

REFERRAL = Task(
    "referral",
    REPORTS,
    (READ_REPORTS, REFER, TREAT, REVEAL),
    "/desk/reports",
    {NOTIFY: (READ_MESSAGES,)},
)
TREATMENT = Task("treatment", REPORTS, (READ_REPORTS, TREAT), "/desk/reports")
CALLS = Task("calls", REPORTS, (READ_REPORTS, FILE), "/desk/calls")
STATISTICS = Task("statistics", REPORTS, (COUNT_REPORTS,), "/desk/statistics")
WORK_ORDERS = Task("work-orders", REPORTS, (CONTRACT,), "/desk/work-orders")
COUNTER = Task("counter", APPOINTMENTS, (READ_APPOINTMENTS, SERVE), "/desk/appointments")
CLOSURES = Task("closures", APPOINTMENTS, (READ_APPOINTMENTS, PLAN), "/desk/appointments/closures")
CASH = Task("cash", PAYMENTS, (READ_MONEY, TAKE_MONEY), "/desk/payments")
ACCOUNTS = Task("accounts", PAYMENTS, (READ_MONEY, DECIDE_MONEY), "/desk/payments/waiting")
APPROVAL = Task("approval", PAYMENTS, (READ_MONEY, APPROVE_MONEY), "/desk/payments/decisions")
BILLS = Task("bills", PAYMENTS, (READ_MONEY,), "/desk/payments")
EDUCATION = Task("education", HEALTH_CERTS, (READ_HEALTH, ENTER_EDUCATION), "/desk/health")
_PERMIT_QUEUE = "/desk/permits/queues/requests"
PERMIT_OFFICE = Task(
    "permit-office",
    PERMITS,
    (
        *(READ_PERMITS, SEARCH_OWNERS, READ_LOOKS),
        *(WRITE_REQUESTS, REVIEW_REQUESTS, ISSUE_PERMITS, MANAGE_PERMITS),
        *(INSULATE, COMPLETE_BUILDINGS, OCCUPY, WRITE_RELEASES, DECIDE_RELEASES),
    ),
    _PERMIT_QUEUE,
)
PERMIT_REVIEW = Task(
    "permit-review",
    PERMITS,
    (READ_PERMITS, WRITE_REQUESTS, REVIEW_REQUESTS, ISSUE_PERMITS, INSULATE),
    _PERMIT_QUEUE,
)
PERMIT_COUNTER = Task(
    "permit-counter",
    PERMITS,
    (READ_PERMITS, SEARCH_OWNERS, WRITE_REQUESTS, WRITE_RELEASES),
    "/desk/permits",
)
PERMIT_DECISIONS = Task(
    "permit-decisions", PERMITS, (READ_PERMITS, MANAGE_PERMITS), "/desk/permits/queues/appeals"
)
PERMIT_LOOKS = Task("permit-looks", PERMITS, (READ_LOOKS,), "/desk/permits/looks")
_LICENCE_QUEUE = "/desk/licences"
LICENCE_OFFICE = Task(
    "licence-office",
    LICENCES,
    (READ_LICENCES, REVIEW_LICENCES, MANAGE_LICENCES, READ_VIOLATIONS, DECIDE_VIOLATIONS),
    _LICENCE_QUEUE,
)
LICENCE_REVIEW = Task("licence-review", LICENCES, (READ_LICENCES, REVIEW_LICENCES), _LICENCE_QUEUE)
VIOLATIONS = Task(
    "violations",
    LICENCES,
    (READ_VIOLATIONS, DECIDE_VIOLATIONS, READ_LICENCES),
    "/desk/licences/violations",
)
SHOP_INSPECTION = Task(
    "shop-inspection",
    LICENCES,
    (READ_LICENCES, INSPECT_SHOPS, READ_VIOLATIONS, RECORD_VIOLATIONS),
    "/desk/inspections",
)
LICENCE_RULES = Task(
    "licence-rules", LICENCES, (MANAGE_RULES, READ_LICENCES), "/desk/licences/rules"
)
REGISTRY = Task(
    "registry",
    TRANSACTIONS,
    (
        *(READ_TRANSACTIONS, ENTER_TRANSACTIONS, PROCESS_TRANSACTIONS),
        *(REVEAL_APPLICANTS, OVERSEE_TRANSACTIONS),
    ),
    "/desk/transactions",
)
DEPARTMENT = Task(
    "department", TRANSACTIONS, (READ_TRANSACTIONS, PROCESS_TRANSACTIONS), "/desk/transactions"
)
DECISIONS = Task(
    "decisions",
    TRANSACTIONS,
    (READ_TRANSACTIONS, PROCESS_TRANSACTIONS, DECIDE_TRANSACTIONS, OVERSEE_TRANSACTIONS),
    "/desk/transactions",
)
INTAKE = Task("intake", TRANSACTIONS, (READ_TRANSACTIONS, ENTER_TRANSACTIONS), "/desk/transactions")
_OFFERINGS = "/desk/tenders"
TENDER_OFFICE = Task(
    "tender-office", TENDERS, (READ_TENDERS, PREPARE_TENDERS, PUBLISH_TENDERS), _OFFERINGS
)
BID_RECEIPT = Task("bid-receipt", TENDERS, (READ_TENDERS, RECEIVE_BIDS), _OFFERINGS)
BID_OPENING = Task("bid-opening", TENDERS, (READ_TENDERS, OPEN_BIDS), _OFFERINGS)
TENDER_AWARDS = Task("tender-awards", TENDERS, (READ_TENDERS, AWARD_TENDERS), _OFFERINGS)
ADMINISTRATION = Task("administration", IDENTITY, (ADMINISTER,), "/desk/administration/people")
TEXTS = Task("texts", NOTIFY, (MANAGE_TEXTS,), "/desk/texts")
TEXTS_APPROVAL = Task("texts-approval", NOTIFY, (MANAGE_TEXTS, APPROVE_TEXTS), "/desk/texts")
DESK_TASKS = _by_name(
    *(REFERRAL, TREATMENT, WORK_ORDERS, CALLS, STATISTICS, COUNTER, CLOSURES),
    *(PERMIT_OFFICE, PERMIT_REVIEW, PERMIT_COUNTER, PERMIT_DECISIONS, PERMIT_LOOKS),
    *(LICENCE_OFFICE, LICENCE_REVIEW, VIOLATIONS, SHOP_INSPECTION, LICENCE_RULES),
    *(REGISTRY, DEPARTMENT, DECISIONS, INTAKE),
    *(TENDER_OFFICE, BID_RECEIPT, BID_OPENING, TENDER_AWARDS),
    *(CASH, ACCOUNTS, APPROVAL, BILLS, EDUCATION),
    ADMINISTRATION,
    *(TEXTS, TEXTS_APPROVAL),
)

# One sign-in for all that a citizen has at the municipality.
MY_PAGE = Task(
    "my-page",
    PERMITS,
    (READ_MY_PERMITS,),
    "/my/start",
    {
        LICENCES: (READ_MY_LICENCES, WRITE_MY_LICENCES),
        HEALTH_CERTS: (READ_MY_HEALTH, WRITE_MY_HEALTH),
        TRANSACTIONS: (READ_MY_TRANSACTIONS, WRITE_MY_TRANSACTIONS),
        REPORTS: (READ_MY_REPORTS, WRITE_MY_REPORTS),
        PAYMENTS: (READ_MY_REFUNDS, WRITE_MY_REFUNDS),
        IDENTITY: (WRITE_MY_DELEGATIONS,),
        NOTIFY: (WRITE_MY_MESSAGES,),
    },
)
MY_PERMITS = Task("my-permits", PERMITS, (READ_MY_PERMITS,), "/my/permits")
MY_LICENCES = Task("my-licences", LICENCES, (READ_MY_LICENCES, WRITE_MY_LICENCES), "/my/licences")
MY_TRANSACTIONS = Task(
    "my-transactions",
    TRANSACTIONS,
    (READ_MY_TRANSACTIONS, WRITE_MY_TRANSACTIONS),
    "/my/transactions",
)
MY_HEALTH = Task("my-health", HEALTH_CERTS, (READ_MY_HEALTH, WRITE_MY_HEALTH), "/my/health")
MY_REPORTS = Task("my-reports", REPORTS, (READ_MY_REPORTS, WRITE_MY_REPORTS), "/my/reports")
MY_REFUNDS = Task("my-refunds", PAYMENTS, (READ_MY_REFUNDS, WRITE_MY_REFUNDS), "/my/refunds")
MY_DELEGATIONS = Task("my-delegations", IDENTITY, (WRITE_MY_DELEGATIONS,), "/my/delegations")
MY_MESSAGES = Task("my-messages", NOTIFY, (WRITE_MY_MESSAGES,), "/my/messages")
MY_TASKS = _by_name(
    *(MY_PAGE, MY_PERMITS, MY_LICENCES, MY_TRANSACTIONS, MY_HEALTH, MY_REPORTS, MY_REFUNDS),
    *(MY_DELEGATIONS, MY_MESSAGES),
)

EXAMINATIONS = Task("examinations", GATEWAY, (FIND_EXAMINEES, EXAMINE), "/centre/examinations")
CENTRE_ADMINISTRATION = Task(
    "centre-administration", IDENTITY, (ADMINISTER_OWN,), "/centre/administration/people"
)
CENTRE_TASKS = _by_name(EXAMINATIONS, CENTRE_ADMINISTRATION)

MUNICIPAL_LICENCES = Task(
    "municipal-licences",
    GATEWAY,
    (READ_MUNICIPAL, SUBMIT_LICENCES, EXPORT_LICENCES),
    "/affiliated/applications",
)
MUNICIPAL_READING = Task(
    "municipal-reading", GATEWAY, (READ_MUNICIPAL,), "/affiliated/applications"
)
MUNICIPAL_WEBHOOKS = Task(
    "municipal-webhooks", GATEWAY, (MANAGE_WEBHOOKS,), "/affiliated/addresses"
)
MUNICIPAL_ADMINISTRATION = Task(
    "municipal-administration", IDENTITY, (ADMINISTER_OWN,), "/affiliated/administration/people"
)
AFFILIATED_TASKS = _by_name(
    MUNICIPAL_LICENCES, MUNICIPAL_READING, MUNICIPAL_WEBHOOKS, MUNICIPAL_ADMINISTRATION
)
