"""Forms that send files have a limit of their own, by their path."""

import pytest

from portal.api.table import TABLE
from portal.domain.large_forms import LARGE_FORMS

POSTED = {page.path for page in TABLE if "POST" in page.methods}


@pytest.mark.parametrize("path", LARGE_FORMS)
def test_each_large_form_is_a_form_of_the_table(path):
    assert path in POSTED
