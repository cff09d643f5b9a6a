"""The pages of the desk for the texts of SMS."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.desk.texts import drafts, views
from portal.api.desk.texts.views import PATH
from portal.domain import tasks
from portal.domain.areas import DESK

_MANAGE = needs(DESK, tasks.MANAGE_TEXTS)
_TEXT = f"{PATH}/<uuid:template_id>"
_DRAFT, _ACTION = f"{_TEXT}/draft", f"{_TEXT}/actions/<action>"

PAGES = (
    Page("desk_texts", PATH, _MANAGE, views.show_texts),
    Page("desk_text", _TEXT, _MANAGE, views.show_text),
    Page("desk_text_draft", _DRAFT, _MANAGE, drafts.show_draft),
    Page("desk_text_draft_entry", _DRAFT, _MANAGE, drafts.submit_draft, methods=("POST",)),
    Page("desk_text_action", _ACTION, _MANAGE, drafts.show_text_action),
    Page("desk_text_action_entry", _ACTION, _MANAGE, drafts.submit_text_action, methods=("POST",)),
)
NAVIGATION = (NavigationRow("desk_texts", tasks.MANAGE_TEXTS, PATH, "nav_texts"),)
