"""The files of a form, each with the paper that the file is. Pure.

Files are sent before their form. The form has a line for each file: its id, its paper, its name.
"""

from collections.abc import Sequence

_NO_PAPER = "-"


def read_documents(text: str) -> list[dict[str, str]]:
    """Returns the files of a form, each with its line as `written`. A line that names no file is left out."""
    found = []
    for line in text.split("\n"):
        attachment_id, _, rest = line.partition(" ")
        paper, mark, name = rest.partition(" ")
        if mark:
            one = {"attachment_id": attachment_id, "paper": paper, "name": name, "written": line}
            found.append(one)
    return found


def join_documents(lines: Sequence[str], *, without: str = "") -> str:
    """Returns the files of a form as one text. `without`: the id of a file that the person removes."""
    found = read_documents("\n".join(lines))
    return "\n".join(one["written"] for one in found if one["attachment_id"] != without)


def add_document(text: str, *, attachment_id: str, paper: str, name: str) -> str:
    """Returns the files of a form with another file. An empty paper: the file is none of those that are asked for."""
    return join_documents([text, f"{attachment_id} {paper or _NO_PAPER} {name}"])


def documents_body(text: str) -> list[dict[str, str]]:
    """Returns the files in the shape of the contract."""
    return [
        {
            "attachment_id": one["attachment_id"],
            **({"paper": one["paper"]} if one["paper"] not in ("", _NO_PAPER) else {}),
        }
        for one in read_documents(text)
    ]
