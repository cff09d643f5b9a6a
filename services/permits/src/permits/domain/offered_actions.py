"""The actions that the state of a thing allows, for a page that offers them. Scopes and further rules may refuse an
action all the same: they are looked at when the action is sent."""

from permits.domain import appeals, certificates, permits, releases, requests
from permits.domain.certificates import CertificateKind
from permits.domain.release_course import Course
from permits.domain.release_course import Status as ReleaseStatus


def actions_of_request(status: str) -> list[requests.Action]:
    """Returns the actions of people; money and accepted appeals move a request by themselves."""
    return [one for one in requests.MACHINE.possible(status) if one not in requests.FOLLOWING]


def actions_of_permit(effective_status: str) -> list[permits.Action]:
    """Returns the actions on a permit of that status as of today."""
    steps = permits.MACHINE.possible(effective_status)
    return [one for one in steps if one not in permits.FOLLOWING]


def actions_of_certificate(kind: str, status: str) -> list[certificates.Action]:
    """Returns the actions on a certificate; only an accepted appeal lifts a refusal."""
    steps = certificates.MACHINES[CertificateKind(kind)].possible(status)
    return [one for one in steps if one is not certificates.Action.LIFT]


def actions_of_release(course: Course, status: str) -> list[releases.Action]:
    """Returns the actions on a release that stands there."""
    return releases.possible_from(course, ReleaseStatus(status))


def actions_of_appeal(status: str) -> list[str]:
    """Returns the ends of an appeal that is examined."""
    return ["accept", "reject", "withdraw"] if status == appeals.Status.RECEIVED else []
