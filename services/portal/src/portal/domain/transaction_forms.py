"""The forms of a citizen's transaction: entering one, and completing one that was returned. Pure.

The rules are those of `transactions`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.domain.form_documents import documents_body, read_documents
from portal.domain.inputs import read_inputs

INPUTS = ("municipality", "subject", "establishment", "mobile")
_OPTIONAL = ("establishment", "mobile")


def read_entry(form: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed. A browser ends a line with two signs; the service counts one."""
    names = ("key", "kind", *INPUTS)
    return read_inputs(form, names)


def entry_body(typed: Mapping[str, str], language: str) -> dict[str, Any]:
    """Returns the body that enters a transaction. An empty field that is needed goes along, so that the service names
    it."""
    given = {name: typed[name] for name in _OPTIONAL if typed[name]}
    return {
        "municipality": typed["municipality"],
        "kind": typed["kind"],
        "subject": typed["subject"],
        **given,
        "language": language,
        "documents": documents_body(typed["documents"]),
    }


def missing_papers(papers: Sequence[Mapping[str, str]], documents: str) -> list[Mapping[str, str]]:
    """Returns the papers of the kind that no file of the form is."""
    sent = {one["paper"] for one in read_documents(documents)}
    return [paper for paper in papers if paper["code"] not in sent]


def asked_of(transaction: Mapping[str, Any]) -> str | None:
    """Returns what a department asked for when it returned the transaction the last time."""
    asked = [one["text"] for one in transaction["history"] if one["action"] == "return"]
    return asked[-1] if asked and transaction["status"] == "returned" else None
