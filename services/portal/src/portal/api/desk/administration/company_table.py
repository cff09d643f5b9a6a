"""The register in the area `/sec`: the company's own people, applications and grants."""

from portal.api.desk.administration.rows import register_navigation, register_pages
from portal.domain.areas import SEC
from portal.domain.tasks import ADMINISTER_OWN

PAGES = register_pages(SEC, ADMINISTER_OWN)
NAVIGATION = register_navigation(SEC, ADMINISTER_OWN)
