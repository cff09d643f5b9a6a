"""What holds of buildings in whatever order people, the company and the clock act: what rests on something that ended
has ended or is flagged, what was stopped isn't had again by another route, of two inspections the later day counts, a
correction isn't undone, a building has one living release, everybody concerned is told once, and what is published of a
permit opens to its present owners alone.

The promises come from the decisions of the service, not from its code."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from hypothesis.stateful import invariant
from sqlalchemy import select, text

from chassis.events.inquiry import Known, inquiries_of
from chassis.testing_walks import WalkDatabase
from permits.models import Appeal, Certificate, Permit, PermitRequest, Release
from saudi.days import legal_day

REPLACED = ("renewed", "superseded")
OVER = ("refused", "cancelled")
# The kinds of the walk whose permits have the owners of the permit before.
CARRIES_OWNERS_ON = ("renewal", "change_of_contractor")
GIVEN = ("none", "temporary", "partial", "full")
# The acts by which a permit that was stopped goes on.
GIVES_BACK = {
    "suspended": {"reinstate", "accept appeal", "cancel"},
    "cancelled": {"undo cancellation", "accept appeal"},
}
# Somebody is told of each of these.
CONCERNS_PEOPLE = ("permit", "certificate", "release", "appeal")


class Promises:
    """A part of a state machine, which says where it is. `act`: the last thing that was done."""

    database: WalkDatabase
    session: Any
    desk: Any
    buildings: tuple[str, str]

    def begin_promises(self) -> None:
        self.act, self.moved, self.settled = "", True, True
        self.effects = 0
        self.grounds: dict[str, list[str]] = defaultdict(list)
        self.occupancy_seen: dict[str, date] = {}
        self.site_seen: dict[str, str] = {}
        self.other_owners: set[str | None] = set()  # buildings with an owner more or less
        self.was: dict[str, str] = {}

    def begin_permit(self, permit: Permit) -> None:
        self.grounds[permit.permit_id] = []

    def note_suspension(self, permit: Permit) -> None:
        self.grounds[permit.permit_id].append(str(permit.grounds[-1]["suspension_id"]))

    def lift_ground_of(self, appeal: Appeal) -> None:
        """An accepted appeal lifts the suspension that it is against."""
        permit = self.session.get_one(Permit, appeal.target_id)
        left = {one["suspension_id"] for one in permit.grounds}
        known = self.grounds[permit.permit_id]
        lifted = [one for one in known if one not in left]
        assert len(lifted) == 1, "an appeal lifts one suspension"
        known.remove(lifted[0])

    @invariant()
    def everything_holds(self) -> None:
        """Looked at where something changed: a refusal is in a savepoint of its own."""
        if not self.moved:
            return
        self.moved = False
        permits = {row.permit_id: row for row in self.database.scalars(select(Permit))}
        papers = {row.certificate_id: row for row in self.database.scalars(select(Certificate))}
        releases = list(
            self.database.scalars(select(Release).order_by(Release.submitted_at.desc()))
        )
        self.what_was_stopped_goes_on_by_a_decision_alone(permits)
        self.two_suspensions_need_two_liftings(permits)
        self.a_building_has_one_permit_and_one_living_release(permits, releases)
        for row in papers.values():
            if row.status == "issued" and not row.flagged and not self.is_over(row):
                self.a_certificate_rests_on_what_stands(row, papers, permits[row.permit_id])
        for permit in permits.values():
            self.a_permit_shows_its_certificates(permit, papers)
        for release in releases:
            self.the_later_inspection_counts(release)
            if release.status not in OVER:
                self.current_rests_on_what_stands(release, permits[release.permit_id], papers)
        if self.act == "correct":
            self.everything_opens_to_the_present_owners()
            self.a_line_has_the_present_owners(permits)
        if self.settled:
            self.nobody_pays_for_a_permit_that_cannot_be_issued(permits)

    def is_over(self, row: Certificate) -> bool:
        return row.valid_until is not None and row.valid_until < legal_day(self.desk.now)

    def what_was_stopped_goes_on_by_a_decision_alone(self, permits: dict[str, Permit]) -> None:
        for key, row in permits.items():
            was, self.was[key] = self.was.get(key), row.status
            if was in GIVES_BACK and row.status != was:
                assert self.act in GIVES_BACK[was], f"{was}, then {row.status} by {self.act}"
            assert was not in REPLACED or row.status == was, "a replaced permit lives again"

    def two_suspensions_need_two_liftings(self, permits: dict[str, Permit]) -> None:
        for key, row in permits.items():
            stands = {one["suspension_id"] for one in row.grounds}
            assert stands == set(self.grounds[key]), "a suspension was lifted by another's lifting"
            assert row.status == "cancelled" or bool(stands) == (row.status == "suspended"), (
                "a suspension without ground"
            )

    def a_building_has_one_permit_and_one_living_release(
        self, permits: dict[str, Permit], releases: list[Release]
    ) -> None:
        today = [row for row in permits.values() if row.status not in REPLACED]
        newest = {row.building_id: row.permit_id for row in today}
        assert len(newest) == len(today), "a building has two permits"
        living = [row for row in releases if row.status not in OVER]
        assert len({row.building_id for row in living}) == len(living), "two releases of a building"
        for row in living:
            assert row.permit_id == newest[row.building_id], "a release lives on a replaced permit"

    def a_certificate_rests_on_what_stands(
        self, row: Certificate, papers: dict[str, Certificate], permit: Permit
    ) -> None:
        below = [row.insulation_certificate_id]
        if row.kind == "occupancy":
            below.append((row.occupancy or {}).get("completion_certificate_id"))
            assert permit.status not in REPLACED, "occupancy outlives its permit"
        for key in filter(None, below):
            assert papers[key].status == "issued", f"{row.kind} rests on what ended"
        if row.kind != "insulation":
            assert permit.status != "cancelled", f"{row.kind} of a cancelled permit"

    def a_permit_shows_its_certificates(
        self, permit: Permit, papers: dict[str, Certificate]
    ) -> None:
        for held in filter(None, (permit.completion, permit.occupancy)):
            row = papers[held["certificate_id"]]
            assert (row.status, row.flagged) == ("issued", held["flagged"]), (
                "a permit shows another certificate"
            )
            if self.settled and row.valid_until is not None and not row.flagged:
                assert row.valid_until >= legal_day(self.desk.now), "a term is over"

    def the_later_inspection_counts(self, release: Release) -> None:
        site = release.site_inspection
        if site is not None:
            last = self.site_seen.get(release.release_id, "")
            assert site["inspected_on"] >= last, "an earlier inspection took a later one's place"
            self.site_seen[release.release_id] = site["inspected_on"]

    def current_rests_on_what_stands(
        self, release: Release, permit: Permit, papers: dict[str, Certificate]
    ) -> None:
        given = GIVEN.index(release.supply["extent"])
        insulated = any(
            row.kind == "insulation"
            and row.status == "issued"
            and row.permit_id == permit.permit_id
            for row in papers.values()
        )
        final = permit.occupancy is not None and permit.occupancy["kind"] == "final"
        occupied = final and permit.occupancy is not None and not permit.occupancy["flagged"]
        expired = permit.status == "valid" and legal_day(self.desk.now) > permit.expires_on
        for one in release.approvals:
            full = one["extent"] == "full"
            if one["withdrawn_on"] is None and given < (3 if full else 2):
                assert insulated, "approved without insulation"
                assert occupied or not full, "full current approved without occupancy"
                assert permit.status in ("valid", "completed"), "approved on a stopped permit"
                assert not (self.settled and expired), "an approval outlives the permit"
                site = release.site_inspection
                assert site is not None, "approved without an inspection"
                assert site["result"] == "pass", "approved against the inspection"
        order = release.disconnection
        cut = order is not None and order["executed_on"] and not order["reconnected_on"]
        if given and not cut and (permit.status == "cancelled" or not insulated):
            assert release.flagged, "current flows without its ground, and nobody looks"

    def nobody_pays_for_a_permit_that_cannot_be_issued(self, permits: dict[str, Permit]) -> None:
        every = self.database.scalars(select(PermitRequest).order_by(PermitRequest.request_id))
        for row in every:
            if row.status == "awaiting_payment" and row.previous_permit_id is not None:
                status = permits[row.previous_permit_id].status
                assert status not in (*REPLACED, "cancelled"), "billed for what can't be issued"

    def no_correction_is_undone(self, before: Permit, after: Permit) -> None:
        """What a kind takes over is as the previous permit has it today."""
        was, becomes = before.record(), after.record()
        assert was["land"]["street"] == becomes["land"]["street"], "a correction was undone"
        if after.kind != "addition":
            assert was["building"] == becomes["building"], "a correction was undone"
        if after.kind != "ownership_transfer":
            assert len(was["owners"]) == len(becomes["owners"]), "a correction was undone"
            for one, other in zip(was["owners"], becomes["owners"], strict=True):
                for name in ("name", "mobile", "id_number"):
                    assert one[name] == other[name], "a correction was undone"

    def everything_opens_to_the_present_owners(self) -> None:
        """Each thing is found by the numbers and mobiles of the owners of today, and by no others."""
        newest = sorted(self.database.events(), key=lambda one: one.version)
        told = {one.aggregate_id: one.envelope["data"].get("inquiry") for one in newest}
        inquiries = inquiries_of(self.session)
        for thing, owners in self.things_with_owners():
            block = told[thing.aggregate_id]
            opens = {
                (known.by, inquiries.match_keys(block["kind"], block["number"], known)[0])
                for owner in owners
                for known in (
                    Known(by="mobile", value=owner.mobile),
                    Known(by="person_id", value=owner.id_number),
                )
            }
            found = {(one["by"], one["key"]) for one in block["match"]}
            assert found == opens, f"{thing.aggregate_type}: opens to a former owner"

    def a_line_has_the_present_owners(self, permits: dict[str, Permit]) -> None:
        """A corrected number stands on each permit that was carried on, and on each request that follows. An owner who
        was added or removed isn't: the requests go back for it."""
        for permit in permits.values():
            after = permits[permit.successor["permit_id"]] if permit.successor else None
            if permit.building_id in self.other_owners:
                continue
            if after is not None and after.kind in CARRIES_OWNERS_ON:
                reached = [
                    {(one.id_number, one.mobile) for one in row.owners} for row in (permit, after)
                ]
                assert reached[0] == reached[1], "a replaced permit keeps the former owner"
        follows = select(PermitRequest).where(
            PermitRequest.kind.in_(CARRIES_OWNERS_ON), PermitRequest.status != "issued"
        )
        for request in self.session.scalars(follows):
            if permits[request.previous_permit_id].building_id in self.other_owners:
                continue
            numbers = {one.id_number for one in permits[request.previous_permit_id].owners}
            assert {one.id_number for one in request.owners} == numbers, (
                "a request keeps the former owner"
            )

    def things_with_owners(self) -> Iterator[tuple[Any, Sequence[Any]]]:
        """Yields all that is published of permits, with the owners of today."""
        permits = {row.permit_id: row for row in self.session.scalars(select(Permit))}
        issued = {row.request_id: row for row in permits.values()}
        for permit in permits.values():
            yield permit, permit.owners
        for model in (Certificate, Release, Appeal):
            for row in self.session.scalars(select(model)):
                yield row, permits[row.permit_id].owners
        for request in self.session.scalars(select(PermitRequest)):
            yield request, issued.get(request.request_id, request).owners

    def no_deadline_failed(self) -> None:
        failed = text(
            "SELECT (SELECT count(*) FROM deadline WHERE attempts > 0) + (SELECT count(*) FROM parked)"
        )
        assert self.session.scalar(failed) == 0, "a deadline or an event failed"

    # ------------------------------------------------------------------------------------------------ at the end

    def everything_was_told_once(self) -> None:
        """Each change is one event with the next version, and the last one tells the state of today."""
        self.no_deadline_failed()
        self.session.flush()
        told: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for row in self.database.events():
            told[row.aggregate_type, row.aggregate_id].append(row)
        for (kind, _), rows in told.items():
            versions = [row.version for row in rows]
            if kind in CONCERNS_PEOPLE:
                assert versions == list(range(1, len(rows) + 1)), (
                    f"{kind}: a change without an event: {versions}"
                )
                assert all(row.envelope["data"]["contacts"] for row in rows), (
                    f"{kind}: nobody is told"
                )
                happened = Counter(row.type for row in rows)
                once = [name for name in happened if name.split(".")[-2] in ("overdue", *REPLACED)]
                assert all(happened[name] == 1 for name in once), f"{kind}: told twice"
        for model in (Permit, Certificate, Release):
            for one in self.session.scalars(select(model)):
                [key] = model.__mapper__.primary_key_from_instance(one)
                last = told[one.aggregate_type, str(key)][-1]
                assert last.envelope["data"]["status"] == one.status, (
                    f"{one.aggregate_type}: told otherwise"
                )
                assert last.version == one.version, "the last event is of another version"
        self.everything_opens_to_the_present_owners()
