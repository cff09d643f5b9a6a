"""Small files that are dear to look at: they never hold all threads of a process."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from io import BytesIO
from threading import Event
from typing import Any

import hostile
import pytest
from PIL import Image

from chassis.files import judging, pictures
from chassis.files.content import Limits, accept_content
from chassis.files.storage import StorageUnavailable
from chassis.files.work_slots import WorkSlots

LIMITS = Limits(most_bytes=10 * 1024 * 1024, most_pixels=50_000_000, longest_side=2_048)
THREADS = 8  # of a web process, by default
SECONDS = 20.0


def large() -> bytes:
    """Twenty megapixels in some ten thousand bytes."""
    out = BytesIO()
    Image.new("L", (5_000, 4_000)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def crowd() -> Iterator[Callable[[bytes, Event], list[Any]]]:
    """As many uploads of one file at once as there are threads, until one is done; then what became of all, once the
    work on those that have a turn may end."""
    pool = ThreadPoolExecutor(THREADS)

    def sent(content: bytes, may_end: Event) -> list[Any]:
        uploads = [pool.submit(accept_content, content, LIMITS) for _ in range(THREADS)]
        try:
            wait(uploads, timeout=SECONDS, return_when=FIRST_COMPLETED)
            first = [one.exception() for one in uploads if one.done()]
        finally:
            may_end.set()
        wait(uploads, timeout=SECONDS)
        assert first, "all threads wait"
        assert {type(one) for one in first} == {StorageUnavailable}
        return [one.exception() for one in uploads]

    yield sent
    pool.shutdown()


def test_large_pictures_of_few_bytes_leave_threads_for_others(
    crowd: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, encode = Event(), pictures._encode
    monkeypatch.setattr(
        pictures, "_encode", lambda *given: may_end.wait(SECONDS) and encode(*given)
    )

    became = crowd(large(), may_end)

    assert sum(one is None for one in became) >= 3


def test_papers_that_take_long_leave_threads_for_others(
    crowd: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = Event()
    monkeypatch.setattr(
        judging, "_run_judge", lambda _content: may_end.wait(SECONDS) and judging._GOOD
    )

    became = crowd(hostile.pdf(), may_end)

    assert sum(one is None for one in became) >= 3


def test_a_slot_is_free_again_after_success_and_after_an_error() -> None:
    slots = WorkSlots(1, waiting=0)

    with slots.slot(), pytest.raises(StorageUnavailable), slots.slot():
        pass
    with pytest.raises(ZeroDivisionError), slots.slot():
        raise ZeroDivisionError

    with slots.slot():
        pass
