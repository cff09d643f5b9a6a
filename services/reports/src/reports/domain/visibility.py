"""Visibility: one table says which role sees which part of a report."""

from enum import StrEnum

from chassis.core.refusals import NotFound
from reports.domain.actors import Role


class Part(StrEnum):
    """The parts of a report. Number, category, branch, status and dates are no part: every role sees them."""

    PLACE = "place"
    DESCRIPTION = "description"
    EXTRA = "extra"
    REPORTER = "reporter"
    PHOTOS = "photos"
    WORK_ORDER = "work_order"
    TREATMENT = "treatment"  # who treats it, the question, the outside body, the text of the treatment, the reason
    NOTES = "notes"
    HISTORY = "history"


class Sight(StrEnum):
    FULL = "full"
    MASKED = "masked"  # the reporter as «م. ع.» with a masked mobile; `reveal` needs a scope and a reason
    NONE = "none"


_F, _M, _N = Sight.FULL, Sight.MASKED, Sight.NONE

# A contractor gets the work order that the department wrote, not the citizen's words: people write who they are.
TABLE: dict[Part, dict[Role, Sight]] = {
    part: dict(
        zip(
            (
                Role.REPORT_OFFICER,
                Role.DEPARTMENT,
                Role.OPERATOR,
                Role.OBSERVER,
                Role.CONTRACTOR,
            ),
            row,
            strict=True,
        )
    )
    for part, row in {
        Part.PLACE: (_F, _F, _F, _F, _F),
        Part.DESCRIPTION: (_F, _F, _F, _F, _N),
        Part.EXTRA: (_F, _F, _F, _F, _N),
        Part.REPORTER: (_M, _M, _M, _N, _N),
        Part.PHOTOS: (_F, _F, _N, _F, _F),
        Part.WORK_ORDER: (_F, _F, _N, _N, _F),
        Part.TREATMENT: (_F, _F, _F, _F, _N),
        Part.NOTES: (_F, _F, _N, _N, _N),
        Part.HISTORY: (_F, _F, _F, _N, _N),
    }.items()
}


def sight(role: Role, part: Part) -> Sight:
    return TABLE[part][role]


def require_sight(role: Role, part: Part) -> None:
    """Raises NotFound unless the role sees the part."""
    if sight(role, part) is Sight.NONE:
        raise NotFound


def may_see(role: Role, part: Part) -> bool:
    """Returns whether the role sees the part, masked or full."""
    return sight(role, part) is not Sight.NONE
