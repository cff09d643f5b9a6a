"""The public operations of a service that issues signed documents: a service names this module in `Service(api=…)`."""

from collections.abc import Mapping
from typing import Any

from documents.issuing.answers import Answers, FileAnswer, PrintingCall, View


def list_document_keys(call: PrintingCall) -> View:
    return _answers_of(call).keys(call)


def get_document_revocations(call: PrintingCall) -> View:
    return _answers_of(call).revocations(call)


def look_up_document(call: PrintingCall, document_id: str) -> View:
    return _answers_of(call).state_today(call, document_id)


def verify_document_code(call: PrintingCall, body: Mapping[str, Any]) -> View:
    return _answers_of(call).verification(call, body["code"])


def show_document(call: PrintingCall, document_id: str, lang: str | None = None) -> FileAnswer:
    return _answers_of(call).page(call, document_id, lang)


def _answers_of(call: PrintingCall) -> Answers:
    answers: Answers = call.resources.answers()
    return answers
