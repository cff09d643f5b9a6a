"""Errors as GeoReport says: a list of codes and descriptions, in the format that the path asks for."""

from typing import TYPE_CHECKING

from reports.open311.documents import answer

if TYPE_CHECKING:
    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem


def shape(problem: "Problem", asked: "ErrorRequest") -> "ErrorAnswer":
    """One error for each field at fault, or one. XML, unless the path ends in `.json`."""
    document = problem.document(asked.language)
    said = document.get("detail") or document["title"]
    errors = [f"{one['field']}: {one['detail']}" for one in document.get("errors", ())]
    listed = [{"code": problem.status, "description": text} for text in errors or [said]]
    extension = "json" if asked.path.endswith(".json") else "xml"
    return answer(extension, "errors", listed, problem.status)
