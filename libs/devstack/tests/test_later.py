"""What a stand-in does later is done at its time, in order, and again until it's done."""

from threading import Event

from devstack.later import Later


def test_things_are_done_in_the_order_of_their_times() -> None:
    done: list[str] = []
    all_done = Event()

    def do(thing: str) -> bool:
        done.append(thing)
        if len(done) == 2:
            all_done.set()
        return True

    later = Later(do, threads=1, again_seconds=1, tries=1)
    later.plan(0.05, "second")
    later.plan(0.0, "first")
    later.start()

    assert all_done.wait(10)
    later.stop()
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

    later = Later(do, threads=1, again_seconds=0.01, tries=5)
    later.plan(0.0, "hard")
    later.plan(0.0, "easy")
    later.start()

    assert others_done.wait(10)
    assert done.wait(10)
    later.stop()
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

    later = Later(do, threads=1, again_seconds=0.0, tries=2)
    later.plan(0.0, "never")
    later.plan(0.2, "last")
    later.start()

    assert done.wait(10)
    later.stop()
    assert tried == ["never", "never", "never", "last"]
