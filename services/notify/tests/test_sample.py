"""The sample system that a machine of one's own gets."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from notify import sample
from notify.models import Template

from .conftest import BEGAN


def test_the_sample_system_has_a_key_and_every_text_but_codes(session: Session) -> None:
    found = sample.make_system(session, hosts=("qatif.gov.sa",), now=BEGAN)

    house = set(session.scalars(select(Template.name).where(Template.api_service_id.is_(None))))
    assert re.fullmatch(r"sample(-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}){2}", found["api_key"])
    assert set(found["templates"]) == (house - {"code"}) | {one[0] for one in sample.TEMPLATES}
