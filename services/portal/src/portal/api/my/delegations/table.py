"""The pages of delegations in the area `/my`."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.my.delegations import delegations
from portal.domain import tasks
from portal.domain.areas import MY

_MINE, _POST = needs(MY, tasks.WRITE_MY_DELEGATIONS), ("POST",)
_END = f"{delegations.PATH}/<uuid:delegation_id>/end"
_ESTABLISHMENT = f"{delegations.PATH}/<uuid:delegation_id>/establishment"
_END_OTHER = f"{_ESTABLISHMENT}/<uuid:ended_id>/end"

PAGES = (
    Page("my_delegations", delegations.PATH, _MINE, delegations.show_delegations),
    Page("my_claim", delegations.CLAIM, _MINE, delegations.show_claim),
    Page("my_claim_entry", delegations.CLAIM, _MINE, delegations.submit_claim, methods=_POST),
    Page("my_delegation", delegations.NEW, _MINE, delegations.show_new),
    Page("my_delegation_entry", delegations.NEW, _MINE, delegations.submit_new, methods=_POST),
    Page("my_delegation_end", _END, _MINE, delegations.show_end),
    Page("my_delegation_end_entry", _END, _MINE, delegations.submit_end, methods=_POST),
    Page("my_establishment", _ESTABLISHMENT, _MINE, delegations.show_establishment),
    Page("my_establishment_end", _END_OTHER, _MINE, delegations.show_end_other),
    Page(
        "my_establishment_end_entry",
        _END_OTHER,
        _MINE,
        delegations.submit_end_other,
        methods=_POST,
    ),
)
NAVIGATION = (
    NavigationRow(
        "my_delegations", tasks.WRITE_MY_DELEGATIONS, delegations.PATH, "nav_my_delegations"
    ),
)
