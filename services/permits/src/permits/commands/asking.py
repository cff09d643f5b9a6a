"""Who asks for something at the counter: an owner on record, or the representative on record for him."""

from chassis.core.refusals import InvalidFields
from permits.models import Permit, PermitRequest


def who_asks(
    thing: Permit | PermitRequest, *, owner: int, by_representative: bool
) -> dict[str, str]:
    """Name and capacity; `owner` is the place on the deed, from 0. Raises InvalidFields for one who isn't on record."""
    if owner >= len(thing.owners):
        raise InvalidFields.of("owner", "owner-unknown")
    if not by_representative:
        return {"name": thing.owners[owner].name, "capacity": "owner"}
    if thing.representative is None:
        raise InvalidFields.of("by_representative", "not-represented")
    return {name: thing.representative[name] for name in ("name", "capacity")}
