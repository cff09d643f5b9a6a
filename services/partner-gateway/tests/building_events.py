"""Certificates, releases and requests of a permit, as `permits` would publish them."""

from datetime import UTC, datetime

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id


def example(name):
    return contracts.event_example(f"sa.gov.qatif.permits.{name}.v1")


def of(permit):
    """Returns the part of an event that names its permit."""
    return {
        **{name: permit[name] for name in ("permit_id", "permit_number", "municipality")},
        "building_id": permit.get("building_id") or permit["permit_id"],
    }


def certificate_event(permit, *, sequence=1, kind="insulation", happened=None, **changes):
    names = {"insulation": "inspected", "completion": "flagged", "occupancy": "requested"}
    happened = happened or names[kind]
    state = {**example(f"certificate.{happened}"), **of(permit), "certificate_id": new_id()}
    if kind == "occupancy":
        state |= {"occupancy": example("certificate.requested")["occupancy"]}
    state |= {"kind": kind, **changes}
    return _received(f"certificate.{happened}", state["certificate_id"], sequence, state)


def release_event(permit, *, sequence=1, happened="submitted", **changes):
    state = {**example(f"release.{happened}"), **of(permit), "release_id": new_id(), **changes}
    return _received(f"release.{happened}", state["release_id"], sequence, state)


def request_event(number, *, sequence=1, happened="submitted", **changes):
    state = {**example(f"request.{happened}"), "request_id": new_id(), "request_number": number}
    state |= changes
    return _received(f"request.{happened}", state["request_id"], sequence, state)


def _received(kind, subject, sequence, data):
    return Received(
        id=new_id(), type=f"sa.gov.qatif.permits.{kind}.v1", subject=subject, sequence=sequence,
        time=datetime.now(UTC), data=data,
    )  # fmt: skip
