"""Papers handed in with requests, and files attached to papers, older permits and appeals."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.core.refusals import Conflict, Findings, IllegalTransition, InvalidFields, NotFound
from permits.domain.corrections import ChangedMeanwhile
from permits.domain.older import Origin
from permits.domain.requests import ENDS, Status

PAPER_MISSING = "paper-missing"


Needed = Iterable[Mapping[str, str]]


def missing(needed: Needed, handed_in: Collection[str]) -> list[Mapping[str, str]]:
    """Returns the needed papers that nobody recorded, in the order of the list."""
    return [paper for paper in needed if paper["code"] not in handed_in]


def require_open(status: str, action: str) -> None:
    """Refuses papers of an ended request. Raises IllegalTransition."""
    if Status(status) in ENDS:
        raise IllegalTransition(action, status)


def require_handed_in(code: str | None, handed_in: Collection[str]) -> None:
    """Refuses a file of a paper that nobody recorded. Raises InvalidFields."""
    if code not in handed_in:
        raise InvalidFields.of("code", "paper-not-handed-in")


def check_handed_in(code: str, on: date, needed: Needed, *, today: date) -> None:
    """Raises InvalidFields for a paper that the kind doesn't ask for, and for a day that's still to come."""
    findings = Findings()
    known = {paper["code"] for paper in needed}
    findings.fault("code", None if code in known else "paper-not-needed")
    findings.fault("handed_in_on", "future-date" if on > today else None)
    findings.settle()


ATTACH, REMOVE, READ, EMPTY = "attach_file", "remove_file", "read_file", "empty_files"
# Where the history puts a file that's of no paper.
SOURCE, OF_APPEAL = "source.file", "appeal.file"
KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "application/pdf": "PDF"}


class Of(StrEnum):
    """The type of the thing to which a file belongs."""

    PERMIT = "permit"
    REQUEST = "permit-request"
    APPEAL = "appeal"


class NotOlder(Conflict):
    """A permit of ours has no source: its papers are its request's."""

    problem = "permit-not-older"


class FileVerified(Conflict):
    """Somebody verified the permit by this file."""

    problem = "file-verified"


@dataclass(frozen=True)
class Seen:
    """A file as the history tells of it: never by its name, which may be a person's."""

    attachment_id: str
    media_type: str

    @property
    def words(self) -> str:
        return f"{KINDS[self.media_type]} {self.attachment_id[-4:]}"


def require_older(origin: str) -> None:
    """Raises NotOlder."""
    if origin == Origin.SYSTEM:
        raise NotOlder


def require_seen(seen: Collection[str], there: Collection[str]) -> None:
    """Raises ChangedMeanwhile unless the verifier has seen exactly these scans."""
    if {one.lower() for one in seen} != set(there):
        raise ChangedMeanwhile


def require_unverified(*, verified: bool) -> None:
    """Refuses to remove a file beside which a permit was verified. Raises FileVerified."""
    if verified:
        raise FileVerified


def new_ones(
    wanted: Collection[str], known: Mapping[str, str | None], code: str | None, most: int
) -> list[str]:
    """Returns the wanted files that the thing, or its paper `code`, doesn't have yet. `known`: file → paper of all
    files of the thing. Raises NotFound for a file of another paper, InvalidFields for too many files."""
    if any(known[one] != code for one in wanted if one in known):
        raise NotFound
    new = sorted(set(wanted) - known.keys())
    if sum(of == code for of in known.values()) + len(new) > most:
        raise InvalidFields.of("files", "too-many", limit=most)
    return new


def path_of(code: str | None, otherwise: str) -> str:
    """Returns the path under which the history shows a file."""
    return f"papers.{code}" if code else otherwise
