"""The register in the area `/centre`: a medical centre's own people and applications."""

from portal.api.desk.administration.rows import register_navigation, register_pages
from portal.domain.areas import CENTRE
from portal.domain.tasks import ADMINISTER_OWN

PAGES = register_pages(CENTRE, ADMINISTER_OWN)
NAVIGATION = register_navigation(CENTRE, ADMINISTER_OWN)
