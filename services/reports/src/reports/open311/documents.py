"""GeoReport's documents and errors in XML and JSON. One structure of dicts and lists makes both formats."""

import html
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

Answer = tuple[bytes, int, dict[str, str]]

XML, JSON = "text/xml; charset=utf-8", "application/json; charset=utf-8"
# A list's name → the name of each item in XML.
_ITEMS = {
    "services": "service", "attributes": "attribute", "values": "value", "endpoints": "endpoint",
    "formats": "format", "service_requests": "request", "service_request_updates": "request_update",
    "errors": "error",
}  # fmt: skip
# Characters that XML 1.0 forbids, escaped or not.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def answer(extension: str, root: str, value: Any, status: int = 200) -> Answer:
    """Returns the document in the format of the extension. Only XML uses the name of the root."""
    if extension == "json":
        return json.dumps(value, ensure_ascii=False).encode(), status, {"Content-Type": JSON}
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + "".join(_element(root, value))
    return text.encode(), status, {"Content-Type": XML}


def _element(name: str, value: Any) -> Iterator[str]:
    if value is None or value == "":
        yield f"<{name}/>"
        return
    yield f"<{name}>"
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _element(key, part)
    elif isinstance(value, list):
        for item in value:
            yield from _element(_ITEMS[name], item)
    else:
        yield _text(value)
    yield f"</{name}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return html.escape(_UNFIT.sub("", str(value)), quote=False)


if TYPE_CHECKING:
    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem


def shape(problem: "Problem", asked: "ErrorRequest") -> "ErrorAnswer":
    """Answers with an error for each field at fault, or with one error. XML, unless the path ends in `.json`."""
    document = problem.document(asked.language)
    said = document.get("detail") or document["title"]
    errors = [f"{one['field']}: {one['detail']}" for one in document.get("errors", ())]
    listed = [{"code": problem.status, "description": text} for text in errors or [said]]
    extension = "json" if asked.path.endswith(".json") else "xml"
    return answer(extension, "errors", listed, problem.status)
