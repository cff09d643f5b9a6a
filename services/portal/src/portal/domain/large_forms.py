"""The forms that send files, with the most bytes that each takes. Pure.

Their paths have no parameter, because the limit is found by the path before a page is. The table of pages and the
application name a form by its constant, so a path that changes keeps its limit.
"""

from collections.abc import Mapping

# The limit of `reports` for several photos of a telephone.
_PHOTOS_BYTES = 22_020_096
# One photo or paper of at most 10 MiB, with the other inputs: the limit of the services for a file.
_FILE_BYTES = 10_747_904
# The limit of the gateway for 500 applications.
_APPLICATIONS_BYTES = 2_097_152
# The limit of `licences` for a file of the rules.
_RULES_BYTES = 262_144
# The limit of `payments` for the bank's file.
_SETTLEMENT_BYTES = 8_388_608

REPORT_PHOTOS = "/report"
TREATMENTS = "/desk/treatments"
COUNTER_TRANSACTIONS = "/desk/transactions/new"
COUNTER_COMPLETIONS = "/desk/transactions/completions"
FINISHED_WORK = "/desk/work-orders/done"
SETTLEMENTS = "/desk/payments/settlements"
VIOLATION_RECORDS = "/desk/inspections/violations"
TENDER_FILES = "/desk/tender-files"
RULE_FILES = "/desk/licences/rules/new"
LICENCE_FILES = "/my/licences/files"
LICENCE_OBJECTIONS = "/my/licences/objections"
TRANSACTION_ENTRY = "/my/transactions/new"
TRANSACTION_ANSWERS = "/my/transactions/answers"
HEALTH_APPLICATION = "/my/health/apply"
HEALTH_RENEWALS = "/my/health/renewals"
APPLICATION_FILES = "/affiliated/files"

LARGE_FORMS: Mapping[str, int] = {
    REPORT_PHOTOS: _PHOTOS_BYTES,
    SETTLEMENTS: _SETTLEMENT_BYTES,
    RULE_FILES: _RULES_BYTES,
    APPLICATION_FILES: _APPLICATIONS_BYTES,
    **dict.fromkeys(
        (
            *(
                TREATMENTS,
                FINISHED_WORK,
                COUNTER_TRANSACTIONS,
                COUNTER_COMPLETIONS,
                LICENCE_FILES,
                LICENCE_OBJECTIONS,
                TRANSACTION_ENTRY,
            ),
            TENDER_FILES,
            *(TRANSACTION_ANSWERS, HEALTH_APPLICATION, HEALTH_RENEWALS, VIOLATION_RECORDS),
        ),
        _FILE_BYTES,
    ),
}
