"""Operations of the Open Contracting Data Standard: packages of releases and of records, the extension for leases."""

from collections.abc import Sequence
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
    items = [(one.serial, _content_of(call, one)) for one in found]
    return _package(call, offering, "releases", items, {"ocid": ocid, "after": after})


def _records(call: Call, offering: str, ocid: str | None, after: int) -> View:
    found = queries.list_processes(call.session, offering, ocid=ocid, after=after)
    items = [
        (releases[0].serial, ocds.record_of([_content_of(call, one) for one in releases]))
        for releases in found
    ]
    return _package(call, offering, "records", items, {"ocid": ocid, "after": after})


def _content_of(call: Call, release: OcdsRelease) -> View:
    return ocds.place_files_at(release.content, call.settings.public_url)


def _package(
    call: Call, offering: str, name: str, items: Sequence[tuple[int, View]], query: View
) -> View:
    """Returns a package. `items`: serial number and content of what lies behind the place, one more than a page has.
    `query`: `ocid` and `after` of the request. Raises NotFound without an item: the standard knows no empty package."""
    if not items:
        raise NotFound
    address = f"{call.settings.public_url}{PATHS[offering]}"

    def address_after(serial: int) -> str:
        named = {key: value for key, value in {**query, "after": serial}.items() if value}
        return f"{address}/{name}.json" + (f"?{urlencode(named)}" if named else "")

    page = items[: queries.MOST_RELEASES]
    return ocds.package_of(
        name,
        [content for _, content in page],
        uri=address_after(query["after"]),
        publisher=municipalities()["qatif"],
        extensions=[f"{address}/extension.json"] if offering == LEASE else [],
        next_uri=address_after(page[-1][0]) if len(items) > len(page) else None,
    )
