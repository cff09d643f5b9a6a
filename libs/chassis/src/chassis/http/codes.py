"""One-time codes over HTTP: the desk of a request, and the answer to a code that isn't right."""

from typing import Any

from chassis.call import Call
from chassis.core.codes import Verdict
from chassis.http.problems import Problem
from chassis.one_time_codes import Attempt, CodeDesk, CodeHolder, OneTimeCodes


def code_desk(call: Call[Any, Any], service: str) -> CodeDesk:
    """Returns the desk that sends and checks the service's codes for a request."""
    return CodeDesk(OneTimeCodes(call.session, service, call.settings), call.quotas, call.address)


def check_code(
    call: Call[Any, Any], service: str, holder: CodeHolder, digits: str
) -> Problem | None:
    """Uses up a right code. Returns the problem of one that isn't right, which the operation returns in turn: a raised
    one would roll the count of tries back. Raises LimitReached."""
    attempt = code_desk(call, service).check(holder, digits, call.now)
    return None if attempt.verdict is Verdict.RIGHT else refuse_code(attempt)


def refuse_code(attempt: Attempt) -> Problem:
    """Returns the Problem of a try that failed. Return it: a raised one would roll the count of tries back."""
    if attempt.verdict is Verdict.WRONG:
        return Problem("code-not-right", params={"left": attempt.left})
    return Problem("code-over")
