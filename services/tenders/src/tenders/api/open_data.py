"""Operations of the Open Contracting Data Standard: packages of releases and of records, the extension for leases."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from chassis.core.refusals import NotFound
from tenders import ocds, queries
from tenders.api.views import View
from tenders.catalogue import lease_extension, municipalities
from tenders.context import Call
from tenders.domain.offerings import LEASE, TENDER
from tenders.models import OcdsRelease

PATHS = {TENDER: "/ocds", LEASE: "/ocds/leases"}


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
    return _package(call, offering, "releases", _contents_of(call, page), (after, following), ocid)


def _records(call: Call, offering: str, ocid: str | None, after: int) -> View:
    found = queries.list_processes(call.session, offering, ocid=ocid, after=after)
    page = found[: queries.MOST_RELEASES]
    following = page[-1][0].serial if len(found) > len(page) else None
    records = [ocds.record_of(_contents_of(call, releases)) for releases in page]
    return _package(call, offering, "records", records, (after, following), ocid)


def _contents_of(call: Call, releases: Sequence[OcdsRelease]) -> list[Any]:
    return [ocds.place_files_at(one.content, call.settings.public_url) for one in releases]


def _package(
    call: Call,
    offering: str,
    name: str,
    items: Sequence[Any],
    places: tuple[int, int | None],
    ocid: str | None,
) -> View:
    """Returns a package. `ocid`: the process that is asked for, also on the next page. Raises NotFound without an item:
    the standard knows no empty package."""
    if not items:
        raise NotFound
    after, following = places
    address = f"{call.settings.public_url}{PATHS[offering]}"
    file = f"{address}/{name}.json"
    return ocds.package_of(
        name,
        items,
        uri=_page_address(file, ocid, after),
        publisher=municipalities()["qatif"],
        extensions=[f"{address}/extension.json"] if offering == LEASE else [],
        next_uri=_page_address(file, ocid, following) if following else None,
    )


def _page_address(file: str, ocid: str | None, after: int) -> str:
    parameters = {name: value for name, value in (("ocid", ocid), ("after", after)) if value}
    return f"{file}?{urlencode(parameters)}" if parameters else file
