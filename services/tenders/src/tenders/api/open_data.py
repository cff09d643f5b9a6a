"""Operations of the Open Contracting Data Standard: packages of releases and of records, the extension for leases."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from chassis.core.refusals import NotFound
from tenders import ocds, queries
from tenders.api.views import View
from tenders.catalogue import lease_extension, municipalities
from tenders.context import Call
from tenders.domain.offerings import LEASE, TENDER
from tenders.models import OcdsRelease

PATHS = {TENDER: "/ocds", LEASE: "/ocds/leases"}


class _Place(NamedTuple):
    """Where a package begins and where the next one does; among the releases of a process, if one is asked for."""

    ocid: str | None
    after: int
    following: int | None

    def address_in(self, file: str, after: int) -> str:
        wanted = {"ocid": self.ocid, "after": after}
        parameters = {name: value for name, value in wanted.items() if value}
        return f"{file}?{urlencode(parameters)}" if parameters else file


def list_releases(call: Call, after: int = 0, ocid: str | None = None) -> View:
    return _releases(call, TENDER, ocid, after)


def list_lease_releases(call: Call, after: int = 0, ocid: str | None = None) -> View:
    return _releases(call, LEASE, ocid, after)


def list_records(call: Call, after: int = 0, ocid: str | None = None) -> View:
    return _records(call, TENDER, ocid, after)


def list_lease_records(call: Call, after: int = 0, ocid: str | None = None) -> View:
    return _records(call, LEASE, ocid, after)


def get_lease_extension(call: Call) -> View:
    return dict(lease_extension())


def _releases(call: Call, offering: str, ocid: str | None, after: int) -> View:
    found = queries.list_releases(call.session, offering, ocid=ocid, after=after)
    page = found[: queries.MOST_RELEASES]
    following = page[-1].serial if len(found) > len(page) else None
    place = _Place(ocid, after, following)
    return _package(call, offering, "releases", _contents_of(call, page), place)


def _records(call: Call, offering: str, ocid: str | None, after: int) -> View:
    found = queries.list_processes(call.session, offering, ocid=ocid, after=after)
    page = found[: queries.MOST_RELEASES]
    following = page[-1][0].serial if len(found) > len(page) else None
    records = [ocds.record_of(_contents_of(call, releases)) for releases in page]
    return _package(call, offering, "records", records, _Place(ocid, after, following))


def _contents_of(call: Call, releases: Sequence[OcdsRelease]) -> list[Any]:
    return [ocds.place_files_at(one.content, call.settings.public_url) for one in releases]


def _package(call: Call, offering: str, name: str, items: Sequence[Any], place: _Place) -> View:
    """Returns a package. Raises NotFound without an item: the standard knows no empty package."""
    if not items:
        raise NotFound
    address = f"{call.settings.public_url}{PATHS[offering]}"
    file = f"{address}/{name}.json"
    return ocds.package_of(
        name,
        items,
        uri=place.address_in(file, place.after),
        publisher=municipalities()["qatif"],
        extensions=[f"{address}/extension.json"] if offering == LEASE else [],
        next_uri=place.address_in(file, place.following) if place.following else None,
    )
