"""A state machine of tenders and leases on a real database: drafts, publications, amendments, bids, openings, awards,
contracts, cancellations, followers and questions in whatever order, and the clock across deadlines. What always has to
hold stands in the invariants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, text

from chassis.core.ids import new_id
from chassis.core.refusals import NotFound, Refusal
from chassis.events.contacts import contacts_of
from chassis.files.attachments import Attachment, uploader_of
from chassis.run.deadlines import Deadlines
from chassis.testing_walks import Tally, WalkDatabase
from tenders import ocds, queries
from tenders.commands import (
    awards,
    bids,
    booklets,
    files,
    followers,
    publishing,
    questions,
    retention,
)
from tenders.domain.actors import CLOCK, PAYMENTS, RETENTION
from tenders.domain.documents import files_of
from tenders.domain.notices import TOLD_AFTER, is_overtaken
from tenders.domain.offerings import LEASE, Action
from tenders.lookups import standing_bids
from tenders.models import (
    Bid,
    BookletPurchase,
    Edition,
    Follower,
    Invoice,
    Lease,
    OcdsRelease,
    Tender,
)

from .open_contracting import merge
from .people import BOOKLET_URL, BUYER, CLERK, ELSEWHERE, MARK, OPENER, PREPARER
from .stages import PREFIX, TERM, draft, work

BEGAN = datetime(2026, 11, 29, 8, tzinfo=UTC)
DAY = timedelta(days=1)
TALLY = Tally("tenders")
WHICH = st.integers(0, 5)
OFFICER = st.sampled_from((PREPARER, ELSEWHERE))
MOBILES = st.sampled_from(tuple(f"+96650000000{number}" for number in range(4)))
ORDER = ("draft", "published", "closed", "opened", "negotiating", "awarded", "contracted")
ENDED = ("cancelled", "returned")
SECRET_AMOUNTS = ("125000000", "1250000.0", "'amount': 50000.0")
with_offerings = precondition(lambda self: bool(self.rows))
_DEADLINES = text(
    "SELECT aggregate_id, kind, due_at FROM deadline UNION ALL"
    " SELECT subject_id, worker, due_at FROM parked WHERE kind = 'deadline' AND settled_at IS NULL"
)


@dataclass
class WalkFixtures:
    """The fixtures of pytest that a walk uses."""

    database: WalkDatabase
    process: Any


class Market(RuleBasedStateMachine):
    """`now` never goes back. `statuses`: offering → the statuses through which it went. `waiting`: kind, offering and
    mobile of what isn't told yet; `expected`: kind and mobile of what each notice has to reach. `files`: those that an
    offering ever had; `published`: those of an edition."""

    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.database, self.session = fixtures.database, fixtures.database.session
        self.database.begin_walk()
        self.now = BEGAN
        self.held: dict[str, Any] = {}
        self.rows: list[tuple[type[Any], str]] = []
        self.statuses: dict[str, list[str]] = {}
        self.expected: list[tuple[str, str]] = []
        self.waiting: list[tuple[str, str, str]] = []
        self.files: set[str] = set()
        self.published: set[str] = set()
        self.events_seen = 0
        self.last_release = 0
        self.runner = Deadlines(fixtures.process, clock=lambda: self.now)

    def teardown(self) -> None:
        self.database.end_walk()

    def attempt(self, what: str, command: Callable[[], Any]) -> Any:
        """Runs a command in a savepoint of its own. A refusal leaves nothing, and returns None."""
        try:
            made = self.database.attempt(command)
        except Refusal as refused:
            TALLY.count_refusal(what, refused)
            return None
        TALLY.count_effect(what)
        return made

    def pick(self, which: int) -> tuple[type[Any], str, Any]:
        model, key = self.rows[which % len(self.rows)]
        return model, key, self.row(model, key)

    def row(self, model: type[Any], key: str) -> Any:
        """Returns the row, and holds it: a session reads anew what nobody holds."""
        self.held[key] = self.session.get_one(model, key)
        return self.held[key]

    def read(self, statement: Any, *named: Any) -> Sequence[Any]:
        """Returns the rows of a statement. `named`: what tells the statement from others."""
        return self.database.read(named, lambda: self.session.scalars(statement).all())

    def waits_of(self, row: Any) -> dict[str, datetime]:
        find = lambda: self.session.execute(_DEADLINES).all()  # noqa: E731
        found = self.database.read("deadlines", find)
        return {one.kind: one.due_at for one in found if one.aggregate_id == row.aggregate_id}

    def followed_by(self, key: str) -> list[str]:
        found = self.session.scalars(select(Follower).where(Follower.offering_id == key))
        return [one.mobile for one in found]

    def expect(self, kind: str, key: str) -> None:
        """Notes that everybody who follows now has to be told, unless a later change overtakes it."""
        self.waiting = [
            one for one in self.waiting if one[1] != key or not is_overtaken(one[0], [kind])
        ]
        self.waiting += [(kind, key, mobile) for mobile in self.followed_by(key)]

    # Drafts and publications.

    @initialize()
    def begin(self) -> None:
        for model in (Tender, Lease):
            self.draft(model)
            self.publish(len(self.rows) - 1, PREPARER)

    @rule(model=st.sampled_from((Tender, Lease)))
    def draft(self, model: type[Any]) -> None:
        sale = {"booklet_url": BOOKLET_URL} if model is Lease else {}
        row = draft(self.session, model, now=self.now, **sale)
        self.rows.append((model, row.aggregate_id))
        TALLY.count_effect("draft")

    def by_officer(self, what: str, which: int, by: Any, command: Callable[..., Any]) -> Any:
        """An officer of the branch moves the offering, and nobody else."""
        model, key, _ = self.pick(which)
        made = self.attempt(what, lambda: command(work(self.session, by, self.now), model, key))
        if made is not None:
            assert by is not ELSEWHERE, f"{what} of another branch's offering"
        return made

    @with_offerings
    @rule(which=WHICH, by=OFFICER)
    def publish(self, which: int, by: Any) -> None:
        made = self.by_officer(
            *("publish", which, by),
            lambda unit, model, key: publishing.publish_offering(
                unit, model, key, ocid_prefix=PREFIX
            ),
        )
        if made is not None:
            self.published |= _ids_of_files(made)

    @with_offerings
    @rule(which=WHICH, by=OFFICER, days=st.integers(-5, 10))
    def amend(self, which: int, by: Any, days: int) -> None:
        _, key, row = self.pick(which)
        before = row.bids_until
        moved = before + days * DAY
        body = {
            "reason": {"ar": "بطلب", "en": "As asked"},
            "bids_until": moved,
            "opens_at": max(moved, row.opens_at),
        }
        made = self.by_officer(
            *("amend", which, by),
            lambda unit, model, key: publishing.amend_offering(unit, model, key, body),
        )
        if made is not None:
            assert made.bids_until >= before, "a published deadline moved to earlier"
            assert self.now < before, "an amendment after the deadline"
            self.expect("deadline_changed" if moved != before else "amended", key)

    # Files.

    @with_offerings
    @rule(which=WHICH, by=OFFICER, count=st.integers(0, 2))
    def name_files(self, which: int, by: Any, count: int) -> None:
        """An officer names other files than the draft had."""
        made = self.by_officer(
            *("name files", which, by),
            lambda unit, model, key: files.set_draft_files(
                unit, model, key, {"files": self._upload(by, count)}
            ),
        )
        if made is not None:
            self.files |= _ids_of_files(made)

    @with_offerings
    @rule(which=WHICH, by=OFFICER, count=st.integers(0, 2), keeps=st.booleans())
    def amend_files(self, which: int, by: Any, count: int, keeps: bool) -> None:
        """An officer adds files, and withdraws those before unless the amendment keeps them."""
        _, key, row = self.pick(which)
        before = files_of(row.documents) if keeps else []
        reason = {"ar": "بطلب", "en": "As asked"}
        made = self.by_officer(
            *("amend files", which, by),
            lambda unit, model, key: publishing.amend_offering(
                *(unit, model, key),
                {"reason": reason, "files": [*before, *self._upload(by, count)]},
            ),
        )
        if made is not None:
            self.files |= _ids_of_files(made)
            self.published |= _ids_of_files(made)
            self.expect("amended", key)

    def _upload(self, by: Any, count: int) -> list[dict[str, Any]]:
        """Returns files that the officer sent, as a draft or an amendment names them."""
        rows = [
            Attachment(
                attachment_id=new_id(), key=new_id().replace("-", ""), media_type="image/png",
                size=1, sha256=b"1" * 32, name="plan.png", width=1, height=1, latitude=None,
                longitude=None, uploader=uploader_of(by), scan="unscanned", uploaded_at=self.now,
            )
            for _ in range(count)
        ]  # fmt: skip
        self.session.add_all(rows)
        self.session.flush()
        title = {"ar": "مخطط", "en": "Plan"}
        return [
            {"kind": "plan", "title": title, "attachment_id": one.attachment_id} for one in rows
        ]

    # Bids.

    @with_offerings
    @rule(which=WHICH, number=st.integers(1, 4))
    def receive(self, which: int, number: int) -> None:
        model, key, row = self.pick(which)
        before = row.version
        unit = work(self.session, CLERK, self.now)
        made = self.attempt(
            "receive",
            lambda: bids.receive_bid(
                unit, model, key, {"receipt_number": f"E-{number}", "source": "paper"}
            ),
        )
        if made is not None:
            assert self.now < row.bids_until, "a bid after the deadline"
            assert row.version == before, "a receipt counts a version"

    @with_offerings
    @rule(which=WHICH, number=st.integers(1, 4), by=st.sampled_from((CLERK, OPENER)))
    def withdraw(self, which: int, number: int, by: Any) -> None:
        model, key, row = self.pick(which)
        before = row.version
        body = {"receipt_number": f"E-{number}", "reason": "سُجل خطأ"}
        unit = work(self.session, by, self.now)
        made = self.attempt("withdraw", lambda: bids.withdraw_receipt(unit, model, key, body))
        if made is not None:
            assert self.now < row.opens_at, "withdrawn when bids may be open"
            assert by is not CLERK, "the receiver withdrew alone"
            assert row.version == before, "a withdrawal counts a version"

    @with_offerings
    @rule(which=WHICH, every=st.booleans())
    def open(self, which: int, every: bool) -> None:
        model, key, row = self.pick(which)
        received = list(standing_bids(self.session, key))
        read = received if every else received[1:]
        body = {"minutes_number": "م-1", "bids": [self._read(one) for one in read]}
        unit = work(self.session, OPENER, self.now)
        made = self.attempt("open", lambda: bids.open_bids(unit, model, key, body))
        if made is not None:
            assert self.now >= row.opens_at, "opened before its time"
            assert row.bids_count == len(received) == len(read), "a bid was left out"

    def _read(self, number: str) -> dict[str, Any]:
        return {
            "receipt_number": number,
            "bidder": f"مؤسسة {number} {MARK}",
            "unified_number": "7000000005",
            "amount": {"E-1": 6_100_000, "E-2": 4_200_000}.get(number, 7_300_000),
            "accepted": number != "E-3",
        }

    @with_offerings
    @rule(which=WHICH, by=st.sampled_from((PREPARER, OPENER)), number=st.integers(1, 4))
    def award(self, which: int, by: Any, number: int) -> None:
        model, key, row = self.pick(which)
        body = {"receipt_number": f"E-{number}", "minutes_number": "م-2"}
        unit = work(self.session, by, self.now)
        standing = standing_bids(self.session, key)
        made = self.attempt(
            "award",
            lambda: awards.award_offering(unit, model, key, body, signing_term=TERM),
        )
        if made is not None:
            assert by is not OPENER, "the opener awarded"
            assert number != 3, "an award to a bid that wasn't accepted"
            if model is Lease:
                accepted = [
                    one.contents["amount_halalas"] for one in standing.values() if one.accepted
                ]
                assert row.award["amount_halalas"] == max(accepted), "not the highest bid"
                assert row.award["amount_halalas"] >= row.minimum_rent, "below the least rent"
            self.expect("awarded", key)

    # After the award.

    @with_offerings
    @rule(which=WHICH)
    def sign(self, which: int) -> None:
        model, key, _ = self.pick(which)
        unit = work(self.session, PREPARER, self.now)
        day = (self.now + timedelta(hours=3)).date()
        body = {"contract_number": f"ع-{key[-4:]}", "signed_on": day}
        self.attempt("contract", lambda: awards.sign_contract(unit, model, key, body))

    @with_offerings
    @rule(which=WHICH, action=st.sampled_from((Action.NEGOTIATE, Action.EXTEND, Action.RETURN)))
    def lease_step(self, which: int, action: Action) -> None:
        model, key, row = self.pick(which)
        if model is Tender:
            return
        steps: dict[Action, Any] = {
            Action.NEGOTIATE: awards.negotiate,
            Action.EXTEND: awards.extend,
            Action.RETURN: awards.return_site,
        }
        was_extended = row.extended
        unit = work(self.session, PREPARER, self.now)
        made = self.attempt(action.value, lambda: steps[action](unit, key, note="بقرار"))
        if made is not None and action is Action.EXTEND:
            assert not was_extended, "extended twice"
        if made is not None and action is Action.NEGOTIATE:
            bids_now = standing_bids(self.session, key).values()
            assert any(one.accepted for one in bids_now), "nobody to negotiate with"

    @with_offerings
    @rule(which=WHICH)
    def hand_over(self, which: int) -> None:
        model, key, row = self.pick(which)
        if model is Tender:
            return
        day = (self.now + timedelta(hours=3)).date()
        unit = work(self.session, PREPARER, self.now)
        made = self.attempt(
            "hand over",
            lambda: awards.hand_over(unit, key, {"report_number": "ت-1", "handed_over_on": day}),
        )
        if made is not None:
            assert row.ends_on == day + 89 * DAY, "the term isn't counted from the hand-over"

    @with_offerings
    @rule(which=WHICH, by=OFFICER)
    def cancel(self, which: int, by: Any) -> None:
        _, key, row = self.pick(which)
        is_public = row.number is not None
        body = {"code": "need-ended", "reason": {"ar": "انتهت الحاجة", "en": "Not needed"}}
        made = self.by_officer(
            *("cancel", which, by),
            lambda unit, model, key: awards.cancel_offering(unit, model, key, body),
        )
        if made is not None and is_public:
            self.expect("cancelled", key)

    # People without an account.

    @with_offerings
    @rule(which=WHICH, mobile=MOBILES)
    def follow(self, which: int, mobile: str) -> None:
        self.tell()
        _, _, row = self.pick(which)
        if row.number is not None and row.settled_at is None:
            unit = work(self.session, CLOCK, self.now)
            followers.add_follower(unit, row, mobile=mobile, language="ar")
            TALLY.count_effect("follow")

    @with_offerings
    @rule(which=WHICH)
    def leave(self, which: int) -> None:
        _, key, _ = self.pick(which)
        self.tell()
        found = self.session.scalars(select(Follower).where(Follower.offering_id == key)).first()
        if found is not None:
            followers.end_following(work(self.session, CLOCK, self.now), found.contact["token"])
            TALLY.count_effect("leave")

    @with_offerings
    @rule(which=WHICH, mobile=MOBILES)
    def buy(self, which: int, mobile: str) -> None:
        model, key, row = self.pick(which)
        if model is Lease:
            unit, buyer = work(self.session, CLOCK, self.now), {**BUYER, "mobile": mobile}
            made = self.attempt("buy", lambda: booklets.buy(unit, key, buyer, bill_days=5))
            assert made is None or self.now < row.bids_until, "a booklet sold after the deadline"

    @with_offerings
    @rule(which=WHICH, in_time=st.booleans())
    def pay(self, which: int, in_time: bool) -> None:
        """The money of every bill of the lease comes, also of those that were withdrawn. `in_time`: people paid before
        the deadline for bids, and the news may be late."""
        _, key, row = self.pick(which)
        paid_at = min(self.now, row.bids_until - timedelta(seconds=1)) if in_time else self.now
        of_lease = (BookletPurchase.lease_id == key, BookletPurchase.paid_at.is_(None))
        for purchase in self.session.scalars(select(BookletPurchase).where(*of_lease)).all():
            unit, invoice_id = work(self.session, PAYMENTS, self.now), str(purchase.invoice_id)
            is_new = self.row(Invoice, invoice_id).paid_at is None
            booklets.take_payment(unit, invoice_id, paid_at=paid_at)
            is_owed = is_new and paid_at < row.bids_until and row.status != "cancelled"
            assert not is_owed or purchase.paid_at == paid_at, "money in time buys nothing"
            TALLY.count_effect("pay" if purchase.paid_at else "pay too late")

    @with_offerings
    @rule(which=WHICH, dismissed=st.booleans())
    def ask_and_answer(self, which: int, dismissed: bool = False) -> None:
        model, key, row = self.pick(which)
        if row.number is None:
            return
        asked = self.attempt(
            "ask", lambda: questions.ask(work(self.session, CLOCK, self.now), row, text="سؤال؟")
        )
        if asked is None:
            return
        assert self.now < row.questions_until, "a question after its deadline"
        unit = work(self.session, PREPARER, self.now)
        if dismissed:
            said = (model, key, asked.question_id)
            self.attempt("dismiss", lambda: questions.dismiss(unit, *said, {"reason": "repeated"}))
            assert asked.answered_at is None, "a dismissed question is published"
        body = {"question": "سؤال؟", "answer": "جواب."}
        made = self.attempt(
            "answer",
            lambda: questions.answer(unit, model, key, asked.question_id, body),
        )
        if made is not None:
            assert not dismissed, "a dismissed question was answered"
            self.expect("answered", key)

    # Time.

    @rule(days=st.sampled_from((1, 4, 12, 31)))
    def wait(self, days: int) -> None:
        """Time passes, and the clock does what is due."""
        self.tell()
        self.now += days * DAY
        self.tell()
        retention.forget_followers(
            work(self.session, RETENTION, self.now), before=self.now - 30 * DAY
        )
        self.session.expire_all()

    def _expect_silent(self, until: datetime) -> None:
        for model, key in self.rows:
            row = self.row(model, key)
            due = self.waits_of(row).get("silent")
            if due is not None and due <= until:
                self.expect("cancelled", key)

    def tell(self) -> None:
        """Lets the loop of deadlines do all that is due, and the followers hear of it."""
        self._expect_silent(self.now + TOLD_AFTER)
        for _ in ("what is due", "the notices of it"):
            self.now += TOLD_AFTER
            self.database.run_beside(self._fire_deadlines)
        self.expected += [(kind, mobile) for kind, _, mobile in self.waiting]
        self.waiting = []

    def _fire_deadlines(self) -> None:
        while self.runner.step(Stop()):
            pass

    # What always has to hold.

    @invariant()
    def statuses_go_one_way(self) -> None:
        for model, key in self.rows:
            status = self.row(model, key).status
            seen = self.statuses.setdefault(key, [])
            if seen and seen[-1] != status:
                assert seen[-1] not in ENDED, "an ended offering moved"
                if status in ORDER and seen[-1] in ORDER:
                    assert ORDER.index(status) > ORDER.index(seen[-1]), "a status went back"
            if not seen or seen[-1] != status:
                seen.append(status)

    @invariant()
    def events_tell_the_status_and_no_secret(self) -> None:
        events = self.database.events()
        new, self.events_seen = events[self.events_seen :], len(events)
        for model, key in self.rows:
            row = self.row(model, key)
            own = [one for one in events if one.aggregate_id == key]
            if row.number is None:
                assert own == [], "a draft is told"
                continue
            assert own[-1].envelope["data"]["status"] == row.status, (
                "the last event tells another status"
            )
            versions = [one.version for one in own]
            assert versions == sorted(set(versions)), "versions"
            for one in new:
                if one.aggregate_id != key:
                    continue
                told = one.envelope["data"]
                assert "contacts" not in told, "a follower in an offering's event"
                if told["status"] in ("published", "closed"):
                    assert told["bids_count"] is None, "the number of bids is told too early"
                if told["award"] is None:
                    assert "مؤسسة" not in str(told), "a bidder is told before the award"
                assert not any(amount in str(told) for amount in SECRET_AMOUNTS), "secret estimate"

    @invariant()
    def releases_tell_no_secret_and_merge(self) -> None:
        """Looks at the processes that have a new release."""
        newer = select(OcdsRelease).where(OcdsRelease.serial > self.last_release)
        new = self.read(newer, "releases", self.last_release)
        self.last_release = max([self.last_release, *(one.serial for one in new)])
        for model, key in self.rows:
            row = self.row(model, key)
            if row.number is None or row.ocid not in {one.ocid for one in new}:
                continue
            which = select(OcdsRelease).where(OcdsRelease.ocid == row.ocid)
            found = self.session.scalars(which.order_by(OcdsRelease.serial)).all()
            releases = [one.content for one in found]
            told_of = [one for one in self.database.events() if one.aggregate_id == key]
            assert len(releases) == len(told_of), "a public change without its release"
            for one in releases:
                if "awards" not in one:
                    told = str(one)
                    assert not any(amount in told for amount in SECRET_AMOUNTS), "secret estimate"
                    assert "مؤسسة" not in told, "a bidder is told before the award"
            assert ocds.record_of(releases)["compiledRelease"] == merge(releases), "the merge"

    @invariant()
    def bids_are_empty_before_the_opening(self) -> None:
        for model, key in self.rows:
            row = self.row(model, key)
            for bid in self.read(select(Bid), "bids"):
                if bid.offering_id != key:
                    continue
                is_read = row.opened_at is not None and bid.withdrawn_at is None
                assert (bid.contents is not None) == is_read, "contents of a sealed bid"

    @invariant()
    def money_and_booklets_agree(self) -> None:
        for purchase in self.read(select(BookletPurchase), "purchases"):
            row = self.row(Lease, purchase.lease_id)
            invoice = self.row(Invoice, purchase.invoice_id)
            is_paid = purchase.paid_at is not None
            assert is_paid == (invoice.status == "paid"), "a booklet without its money"
            if purchase.paid_at is not None:
                assert purchase.bought_at is not None, "a paid booklet without a buyer"
                assert purchase.paid_at < row.bids_until, "a booklet paid after the deadline"
            if row.status == "cancelled":
                assert invoice.status != "requested", "a bill outlives the lease"
            if row.status == "cancelled" and row.opened_at is None:
                assert invoice.status in ("withdrawn", "refund_requested"), "money isn't given back"

    @invariant()
    def editions_are_complete(self) -> None:
        for model, key in self.rows:
            row = self.row(model, key)
            every = self.read(select(Edition).order_by(Edition.edition), "editions")
            found = [one for one in every if one.offering_id == key]
            assert [one.edition for one in found] == list(range(1, row.edition + 1)), "editions"
            if found:
                assert found[-1].bids_until == row.bids_until, "the edition that holds"

    @invariant()
    def files_are_read_once_they_are_published(self) -> None:
        read = self.database.read("files", lambda: {one for one in self.files if self._reads(one)})
        assert self.published <= read, "a file of an edition is gone"
        assert read <= self.published, "a draft's file is read by everybody"

    def _reads(self, attachment_id: str) -> bool:
        """Returns whether everybody reads the file."""
        try:
            queries.published_file(self.session, attachment_id)
        except NotFound:
            return False
        return True

    @invariant()
    def the_clock_waits_for_what_is_open(self) -> None:
        for model, key in self.rows:
            row = self.row(model, key)
            waits = self.waits_of(row)
            assert ("close" in waits) == (row.status == "published"), "the clock of a deadline"
            if row.status == "published":
                assert waits["close"] == row.bids_until, "the clock of another deadline"
            is_silent = row.aggregate_type == LEASE and row.status == "awarded"
            assert ("silent" in waits) == is_silent, "the clock of a silent winner"

    def check_notices(self) -> None:
        """Every follower was told of everything that happened while they followed, once."""
        self.tell()
        reached = []
        for one in self.database.events():
            if one.topic == "tenders.notice":
                block = one.envelope["data"]["contacts"]
                assert len(block) <= 100, "too many contacts"
                kind = one.type.split(".")[-2]
                opened = contacts_of(self.session).open(one.aggregate_id, block)
                reached += [(kind, contact.mobile) for contact in opened]
        assert sorted(reached) == sorted(self.expected), "a follower wasn't told, or told too often"

    def check(self) -> None:
        """Checks every invariant, for a walk that a test takes step by step."""
        self.statuses_go_one_way()
        self.events_tell_the_status_and_no_secret()
        self.releases_tell_no_secret_and_merge()
        self.bids_are_empty_before_the_opening()
        self.money_and_booklets_agree()
        self.editions_are_complete()
        self.files_are_read_once_they_are_published()
        self.the_clock_waits_for_what_is_open()
        self.check_notices()


def _ids_of_files(row: Any) -> set[str]:
    return {one["attachment_id"] for one in files_of(row.documents)}
