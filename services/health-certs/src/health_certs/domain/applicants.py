"""Applicants themselves: what is theirs, and for whom they may ask.

A worker's requests and certificates are his, whoever applied. An establishment's delegates see those that name it, as
the token says at this moment that they act for it; they change and withdraw only what was asked for in its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.core.refusals import InvalidFields
from health_certs.domain.readers import Reader
from saudi.text import compact

WORKER, ESTABLISHMENT = "worker", "establishment"  # in whose name a request was made


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """Who applies: `subject` is opaque, `id_number` the person's, `establishments` the unified numbers of those that
    the person acts for, `mobile` in E.164 the one that the national login knows."""

    subject: str
    id_number: str = field(repr=False)
    name: str = field(default="", repr=False)
    establishments: frozenset[str] = frozenset()
    mobile: str | None = field(default=None, repr=False)

    def reads(self, *, worker: str | None, establishment: str | None) -> Reader | None:
        """As what the caller sees a thing of this worker and establishment; None: it's not there."""
        if worker is not None and worker == self.id_number:
            return Reader.WORKER
        if establishment is not None and establishment in self.establishments:
            return Reader.ESTABLISHMENT
        return None

    def changes(self, *, worker: str | None, establishment: str | None, applied_by: str) -> bool:
        """Whether the caller may change a request: the worker his own, a delegate what its establishment asked for."""
        reader = self.reads(worker=worker, establishment=establishment)
        return reader is Reader.WORKER or (
            reader is Reader.ESTABLISHMENT and applied_by == ESTABLISHMENT
        )

    def cancels(self, *, worker: str, is_saudi: bool, establishment: str | None) -> bool | None:
        """Whether the caller may cancel a certificate: the worker his own, a delegate those of workers who are no
        Saudis. None: it's not there for him."""
        reader = self.reads(worker=worker, establishment=establishment)
        if reader is None:
            return None
        return reader is Reader.WORKER or not is_saudi


def in_whose_name(applicant: Applicant, body: Mapping[str, Any], establishment: str | None) -> str:
    """WORKER or ESTABLISHMENT. Raises InvalidFields when the caller is neither the worker nor acts for the
    establishment. Numbers are compared in ASCII digits, as they're stored afterwards."""
    if compact(body["worker"]["id_number"]) == applicant.id_number:
        return WORKER
    if establishment is None:
        raise InvalidFields.of("worker.id_number", "not-the-worker")
    if establishment not in applicant.establishments:
        raise InvalidFields.of("establishment", "not-acted-for")
    return ESTABLISHMENT
