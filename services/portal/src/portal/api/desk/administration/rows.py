"""The rows of the register. The same pages stand in the area of each kind of administrator."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk.administration import forms, registrations
from portal.domain.areas import Area

_POST = ("POST",)


def register_pages(area: Area, scope: str) -> tuple[Page, ...]:
    """Returns the pages in an area, for the people who hold the scope."""
    guard, name = needs(area, scope), f"{area.name}_register"
    base = f"{area.path}/administration"
    new, thing = f"{base}/new/<kind>", f"{base}/<kind>/<thing_id>"
    action = f"{thing}/<action>"
    return (
        Page(name, f"{base}/<kind>", guard, registrations.show_list),
        Page(f"{name}_new", new, guard, forms.show_new),
        Page(f"{name}_new_entry", new, guard, forms.submit_new, methods=_POST),
        Page(f"{name}_thing", thing, guard, registrations.show_thing),
        Page(f"{name}_action", action, guard, forms.show_action),
        Page(f"{name}_action_entry", action, guard, forms.submit_action, methods=_POST),
    )


def register_navigation(area: Area, scope: str) -> tuple[NavigationRow, ...]:
    """Returns the row of the navigation in an area."""
    address = f"{area.path}/administration/people"
    return (NavigationRow(f"{area.name}_register", scope, address, "nav_administration"),)
