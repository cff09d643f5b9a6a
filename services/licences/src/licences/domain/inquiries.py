"""What somebody without an account types: the number of a violation, and the offender's."""

import re

from chassis.core.refusals import Findings
from saudi.text import compact

_VIOLATION = re.compile(r"1[0-9]{9,12}")
_OFFENDER = re.compile(r"[1-57][0-9]{9}")


def parse_inquiry(violation_no: str, offender_number: str) -> tuple[str, str]:
    """Both numbers in ASCII digits, without blanks. Raises InvalidFields by what they look like, whatever violations
    there are; a check digit isn't looked at."""
    findings = Findings()
    number, offender = compact(violation_no), compact(offender_number)
    if not _VIOLATION.fullmatch(number):
        findings.fault("violation_no", "violation-number")
    if not _OFFENDER.fullmatch(offender):
        findings.fault("offender_number", "offender-number")
    findings.settle()
    return number, offender
