"""What is kept about a mobile: one row, found by the keyed hash of the number."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from notify.models import ChosenLanguage, ConfirmedMobile


def keep_of_mobile(
    session: Session, table: type[ChosenLanguage | ConfirmedMobile], mobile: str, **values: Any
) -> None:
    """Keeps the values as the one row of the mobile. A row under an earlier index key goes: both would get one hash
    when the rows are sealed anew."""
    _, *earlier = keys_of(session).index.keys(mobile)
    session.execute(delete(table).where(table.mobile_key.in_(earlier)))
    values = {"mobile": mobile, **values}
    statement = insert(table).values(mobile_key=mobile, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["mobile_key"], set_=values))
