"""The pages of the area `/my`."""

from pages.site import Page
from portal.api.areas import NavigationRow, needs
from portal.api.my import permits
from portal.domain import tasks
from portal.domain.areas import MY

PAGES = (Page("my_permits", "/my/permits", needs(MY, tasks.READ_MY_PERMITS), permits.show_permits),)
NAVIGATION = (NavigationRow("my_permits", tasks.READ_MY_PERMITS, "/my/permits", "nav_my_permits"),)
