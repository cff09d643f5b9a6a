"""What the code of one process shares: the clients of the national login and of the commercial register."""

from dataclasses import dataclass
from typing import Self

from chassis.data.db import Database
from identity.outside.commercial_register import CommercialRegister
from identity.outside.national_login import NationalLogin
from identity.settings import Settings


@dataclass(frozen=True)
class Resources:
    """Made once per process. `database`: for what is committed before somebody outside is asked."""

    database: Database
    national_login: NationalLogin
    commercial_register: CommercialRegister

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Self:
        return cls(database, NationalLogin(settings), CommercialRegister(settings))
