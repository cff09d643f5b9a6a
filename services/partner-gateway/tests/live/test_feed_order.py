"""The order of the feed while several write, several place, several read, and connections die."""

import json
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.core.ids import new_id
from chassis.fast.batching import complete
from chassis.testing import patient_database, wait_for_a_lock
from partner_gateway import feed
from partner_gateway.feed import sequencer
from partner_gateway.feed.reading import Feed

URL = "https://gateway.test"
WRITERS, ROUNDS, SEQUENCERS, READERS = 6, 40, 2, 3


def another(settings, name):
    return patient_database(settings, pool_size=2, name=name)


def read_all(reading, audience, place=0, limit=3):
    """What a reader gets who goes on until there's nothing, and where it stands then."""
    seen = []
    while True:
        (task,) = complete([reading.page(audience, place, limit)])
        page = task.result()
        if not page.subjects:
            return seen, place
        seen.append(page)
        place = page.end


def test_a_change_that_is_committed_late_is_behind_those_that_were_read(
    empty, own_settings, change
):
    """By the number of its row it would stand before them, and a reader who has passed them would miss it."""
    late, early = change(1, event_id=new_id()), change(2, event_id=new_id())
    reading = Feed(empty, own_settings.documents, own_settings.feed_cursors)
    with empty.transaction() as slow:
        feed.append(slow, late, public_url=URL)
        with empty.transaction() as quick:
            feed.append(quick, early, public_url=URL)
        sequencer.step(empty)
        before, place = read_all(reading, "municipality/saihat")
    sequencer.step(empty)
    after, _ = read_all(reading, "municipality/saihat", place)

    with empty.transaction() as session:
        rows = session.execute(text("SELECT event_id FROM feed_event ORDER BY event")).scalars()
        assert list(rows) == [late.event_id, early.event_id]
    assert early.event_id.encode() in before[0].documents
    assert late.event_id.encode() in after[0].documents
    assert [len(page.subjects) for page in (*before, *after)] == [1, 1]


def test_a_sequencer_waits_for_the_other_one_and_places_nothing_twice(empty, change):
    with empty.transaction() as session:
        feed.append(session, change(1), public_url=URL)
    with ThreadPoolExecutor(1) as pool:
        with empty.transaction() as first:
            connection = first.connection().connection.driver_connection
            assert len(connection.execute(sequencer.PLACE, {"batch": 500}).fetchall()) == 1
            second = pool.submit(sequencer.step, empty)
            wait_for_a_lock(empty)
        assert second.result(20) == 0


class Load:
    """Writers of subjects of their own, some of whose transactions are long and some rolled back; sequencers, whose
    connections are killed again and again; readers, who stop and go on."""

    def __init__(self, settings, change):
        self.settings, self.change = settings, change
        self.committed: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.lock = threading.Lock()
        self.done = threading.Event()
        self.seen = [[] for _ in range(READERS)]
        self.kills = 0

    def write(self, number):
        database = another(self.settings, "writer")
        subjects = [f"01937c5e-8f00-7a11-8c2e-0000000{number:02}a{n:02}" for n in range(3)]
        versions = Counter()
        for round_ in range(ROUNDS):
            subject = subjects[round_ % 3]
            municipality = ("saihat", "tarout")[number % 2]
            told = [
                self.change(
                    1, municipality=municipality, subject=subject, sequence=versions[subject] + n
                )
                for n in (1, 2)
            ]
            with suppress(LookupError), database.transaction() as session:
                for one in told:
                    feed.append(session, one, public_url=URL)
                session.execute(
                    text("SELECT pg_sleep(:seconds)"), {"seconds": (round_ * number % 7) / 500}
                )
                if round_ % 5 == 4:
                    raise LookupError("rolled back")
            if round_ % 5 != 4:
                versions[subject] += 2
                with self.lock:
                    self.committed[municipality] += [(subject, one.sequence) for one in told]
        database.dispose()

    def place(self):
        database = another(self.settings, "sequencer")
        while not self.done.is_set():
            with suppress(SQLAlchemyError):
                sequencer.step(database)
        database.dispose()

    def kill(self):
        database = another(self.settings, "nemesis")
        statement = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'sequencer' AND datname = current_database()"
        )
        while not self.done.wait(0.05):
            with database.transaction() as session:
                self.kills += session.scalar(statement) or 0
        database.dispose()

    def read(self, number):
        database = another(self.settings, "reader")
        reading = Feed(database, self.settings.documents, self.settings.feed_cursors)
        audience = ("municipality/saihat", "municipality/tarout", "municipalities")[number]
        place, deadline = 0, time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.done.is_set() and len(self.seen[number]) >= self.wanted(number):
                break
            (task,) = complete([reading.page(audience, place, 1 + number * 3)])
            page = task.result()
            self.seen[number] += _told(page)
            place = page.end
        database.dispose()

    def wanted(self, number):
        names = (["saihat"], ["tarout"], ["saihat", "tarout"])[number]
        return sum(len(self.committed[name]) for name in names)

    def place_the_rest(self):
        database = another(self.settings, "last sequencer")
        while sequencer.step(database):
            pass
        database.dispose()

    def run(self):
        writers = [threading.Thread(target=self.write, args=[n]) for n in range(WRITERS)]
        placing = [threading.Thread(target=self.place) for _ in range(SEQUENCERS)]
        placing.append(threading.Thread(target=self.kill))
        readers = [threading.Thread(target=self.read, args=[n]) for n in range(READERS)]
        for one in [*writers, *placing, *readers]:
            one.start()
        for one in writers:
            one.join()
        self.done.set()
        for one in placing:
            one.join()
        self.place_the_rest()
        for one in readers:
            one.join()


def _told(page):
    return [(one["subject"], int(one["sequence"])) for one in json.loads(b"[%b]" % page.documents)]


def test_nobody_misses_or_doubles_a_change_and_each_thing_has_its_order(
    empty, own_settings, change
):
    load = Load(own_settings, change)
    load.run()

    saihat, tarout, qatif = load.seen
    assert load.kills > 0
    assert sorted(saihat) == sorted(load.committed["saihat"])
    assert sorted(tarout) == sorted(load.committed["tarout"])
    assert sorted(qatif) == sorted(load.committed["saihat"] + load.committed["tarout"])
    assert len(saihat) == len(set(saihat)) == WRITERS // 2 * ROUNDS * 2 * 4 // 5
    for seen in load.seen:
        orders = defaultdict(list)
        for subject, sequence in seen:
            orders[subject].append(sequence)
        assert all(order == list(range(1, len(order) + 1)) for order in orders.values())
    with empty.transaction() as session:
        gaps = session.execute(
            text("SELECT audience, count(*) - max(place) FROM feed_place GROUP BY audience")
        ).all()
    assert {gap for _, gap in gaps} == {0}
