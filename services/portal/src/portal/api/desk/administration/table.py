"""The register in the area `/desk`: every organisation of the governorate."""

from portal.api.desk.administration.rows import register_navigation, register_pages
from portal.domain.areas import DESK
from portal.domain.tasks import ADMINISTER

PAGES = register_pages(DESK, ADMINISTER)
NAVIGATION = register_navigation(DESK, ADMINISTER)
