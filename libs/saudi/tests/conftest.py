"""How the tests ask for the code of a refusal."""

from collections.abc import Callable

import pytest

from saudi import Malformed

Refused = Callable[..., str]


@pytest.fixture
def refused() -> Refused:
    """The code that `parse(*written)` refuses with; fails when it takes the text."""

    def code_of(parse: Callable[..., object], *written: object, **options: object) -> str:
        with pytest.raises(Malformed) as caught:
            parse(*written, **options)
        return caught.value.code

    return code_of
