"""The forms of a citizen's transaction: entering one, and completing one that was returned. Pure.

The rules are those of `transactions`. Files are sent before the form; the form has their ids.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.domain.inputs import read_inputs

INPUTS = ("municipality", "subject", "establishment", "mobile")
MOST_DOCUMENTS = 10
_OPTIONAL = ("establishment", "mobile")
Document = Mapping[str, str]


def read_entry(form: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed. A browser ends a line with two signs; the service counts one."""
    names = ("key", "kind", *INPUTS)
    return read_inputs(form, names)


def read_documents(values: Sequence[str]) -> list[dict[str, str]]:
    """Returns the files that the form has: id, paper, name. A value that isn't one is left out."""
    found = []
    for value in values[:MOST_DOCUMENTS]:
        attachment_id, _, rest = value.partition(" ")
        paper, mark, name = rest.partition(" ")
        if mark:
            found.append({"attachment_id": attachment_id, "paper": paper, "name": name})
    return found


def write_document(document: Document) -> str:
    """Returns a file as the form has it; «-» stands for no paper of the kind."""
    return f"{document['attachment_id']} {document['paper'] or '-'} {document['name']}"


def documents_body(documents: Sequence[Document]) -> list[dict[str, str]]:
    """Returns the files in the shape of the contract."""
    return [
        {
            "attachment_id": one["attachment_id"],
            **({"paper": one["paper"]} if one["paper"] not in ("", "-") else {}),
        }
        for one in documents
    ]


def entry_body(
    typed: Mapping[str, str], documents: Sequence[Document], language: str
) -> dict[str, Any]:
    """Returns the body that enters a transaction. An empty field that is needed goes along, so that the service names
    it."""
    given = {name: typed[name] for name in _OPTIONAL if typed[name]}
    return {
        "municipality": typed["municipality"],
        "kind": typed["kind"],
        "subject": typed["subject"],
        **given,
        "language": language,
        "documents": documents_body(documents),
    }


def missing_papers(
    papers: Sequence[Mapping[str, str]], documents: Sequence[Document]
) -> list[Mapping[str, str]]:
    """Returns the papers of the kind that no file of the form is."""
    sent = {one["paper"] for one in documents}
    return [paper for paper in papers if paper["code"] not in sent]
