"""The register in the area `/affiliated`: an affiliated municipality's own people, applications and grants."""

from portal.api.desk.administration.rows import register_navigation, register_pages
from portal.domain.areas import AFFILIATED
from portal.domain.tasks import ADMINISTER_OWN

PAGES = register_pages(AFFILIATED, ADMINISTER_OWN)
NAVIGATION = register_navigation(AFFILIATED, ADMINISTER_OWN)
