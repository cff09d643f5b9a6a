"""What a stand-in does calls is done at its time, in order, and again until it's done."""

from threading import Event

from devstack.delayed_calls import DelayedCalls


def test_things_are_done_in_the_order_of_their_times() -> None:
    done: list[str] = []
    all_done = Event()

    def do(thing: str) -> bool:
        done.append(thing)
        if len(done) == 2:
            all_done.set()
        return True

    calls = DelayedCalls(do, threads=1, again_seconds=1, tries=1)
    calls.plan(0.05, "second")
    calls.plan(0.0, "first")
    calls.start()

    assert all_done.wait(10)
    calls.stop()
    assert done == ["first", "second"]


def test_what_fails_is_tried_again_and_holds_up_nothing() -> None:
    tried: list[str] = []
    others_done, done = Event(), Event()

    def do(thing: str) -> bool:
        tried.append(thing)
        if thing == "easy":
            others_done.set()
            return True
        if tried.count("hard") == 3:
            done.set()
        return tried.count("hard") == 3

    calls = DelayedCalls(do, threads=1, again_seconds=0.01, tries=5)
    calls.plan(0.0, "hard")
    calls.plan(0.0, "easy")
    calls.start()

    assert others_done.wait(10)
    assert done.wait(10)
    calls.stop()
    assert tried.count("hard") == 3
    assert tried.count("easy") == 1


def test_nothing_is_tried_for_ever() -> None:
    tried: list[str] = []
    done = Event()

    def do(thing: str) -> bool:
        tried.append(thing)
        if thing == "last":
            done.set()
        return thing == "last"

    calls = DelayedCalls(do, threads=1, again_seconds=0.0, tries=2)
    calls.plan(0.0, "never")
    calls.plan(0.2, "last")
    calls.start()

    assert done.wait(10)
    calls.stop()
    assert tried == ["never", "never", "never", "last"]
