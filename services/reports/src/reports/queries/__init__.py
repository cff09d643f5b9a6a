"""Reads. An actor sees only the reports within the reach of the actor."""

from reports.queries.likeness import duplicates_near, earlier_by_mobile, likely_duplicates
from reports.queries.lists import (
    ReportSearch,
    count_reports,
    list_filed,
    list_reports,
    list_work_orders,
    reports_of,
)
from reports.queries.monthly import monthly_table
from reports.queries.public import (
    PublicSearch,
    get_public,
    list_public,
    released_pictures,
    similar_reports,
)
from reports.queries.reads import (
    NotMatched,
    closing_of,
    duty_officers,
    find_by_key,
    get_filed,
    get_report,
    get_work_order,
    history_of,
    numbered_reports,
    open311_key,
    open311_keys,
    photos_of,
    released_photo,
    remarks_on,
    treatment_photos,
)

__all__ = [
    "NotMatched",
    "PublicSearch",
    "ReportSearch",
    "likely_duplicates",
    "closing_of",
    "count_reports",
    "duplicates_near",
    "duty_officers",
    "earlier_by_mobile",
    "find_by_key",
    "get_filed",
    "get_public",
    "get_report",
    "get_work_order",
    "history_of",
    "list_filed",
    "list_public",
    "list_reports",
    "list_work_orders",
    "monthly_table",
    "numbered_reports",
    "open311_key",
    "open311_keys",
    "photos_of",
    "released_photo",
    "released_pictures",
    "remarks_on",
    "reports_of",
    "similar_reports",
    "treatment_photos",
]
