"""Tables of the partner gateway."""

from partner_gateway.models.base import Base
from partner_gateway.models.feed import (
    FeedEvent,
    FeedHead,
    FeedPlace,
    FollowedDay,
    FollowedThing,
    Webhook,
    WebhookDelivery,
)
from partner_gateway.models.licences import (
    ApplicationBill,
    Licence,
    LicenceActivity,
    LicenceApplication,
)
from partner_gateway.models.partners import Examinee, HealthExamination, PartnerEntry, PartnerGrant
from partner_gateway.models.permits import (
    BuildingCertificate,
    BuildingFacts,
    BuildingPermit,
    BuildingRelease,
    PermitRequest,
)
from partner_gateway.models.record import AccessChain, AccessLink, AccessLog, AccessRoot

__all__ = [
    "AccessChain",
    "AccessLink",
    "AccessLog",
    "AccessRoot",
    "ApplicationBill",
    "Base",
    "BuildingCertificate",
    "BuildingFacts",
    "BuildingPermit",
    "BuildingRelease",
    "Examinee",
    "FeedEvent",
    "FeedHead",
    "FeedPlace",
    "FollowedDay",
    "FollowedThing",
    "HealthExamination",
    "Licence",
    "LicenceActivity",
    "LicenceApplication",
    "PartnerEntry",
    "PartnerGrant",
    "PermitRequest",
    "Webhook",
    "WebhookDelivery",
]
