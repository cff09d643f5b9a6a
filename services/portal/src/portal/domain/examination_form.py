"""The form in which a medical centre enters the result of an examination. Pure.

The result is chosen twice. A slip of the hand would give a worker a certificate or keep a worker from working.
"""

from collections.abc import Mapping
from typing import Any

from portal.domain.inputs import read_inputs

_SENT = ("result", "examined_on", "practice_number", "correction_reason")
INPUTS = (*_SENT, "result_again", "compared", "key", "worker")
# The gateway's field → the input that it stands for.
INPUT_OF_FIELD = {name: name for name in _SENT}
CORRECTION_REASONS = ("entry-error", "other-worker", "examined-again")


def read_examination(form: Mapping[str, str]) -> dict[str, str]:
    """Returns every input, without blanks around it."""
    return read_inputs(form, INPUTS)


def faults_of(typed: Mapping[str, str], *, is_correction: bool) -> list[tuple[str, str]]:
    """Returns what keeps the form from being sent: the input, and the name of the text that says why.

    A first result needs the worker's document compared; a correction needs its reason instead, because the gateway
    takes a correction also when the worker has chosen another centre since.
    """
    needed = ["result", "examined_on", "practice_number"]
    faults = [(name, "centre_field_needed") for name in needed if not typed[name]]
    if is_correction and not typed["correction_reason"]:
        faults.insert(0, ("correction_reason", "centre_field_needed"))
    if not is_correction and typed["compared"] != "yes":
        faults.insert(0, ("compared", "centre_compare_first"))
    if typed["result"] and typed["result"] != typed["result_again"]:
        faults.append(("result_again", "centre_results_differ"))
    return faults


def without_results(typed: Mapping[str, str]) -> dict[str, str]:
    """Returns the form with both results empty, so that the person chooses both again."""
    return {**typed, "result": "", "result_again": ""}


def gateway_result(typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body for the gateway: fit or unfit, the day, the examiner's practice number, and of a correction its
    reason."""
    return {name: typed[name] for name in _SENT if typed[name]}
