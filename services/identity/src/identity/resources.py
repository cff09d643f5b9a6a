"""The resources that one process shares: the clients of the national login and of the commercial register."""

from dataclasses import dataclass
from typing import Self

from chassis.data.db import Database
from identity.outside.commercial_register import CommercialRegister
from identity.outside.national_login import NationalLogin
from identity.settings import Settings


@dataclass(frozen=True)
class Resources:
    """`database`: for rows that are committed before a call to the outside."""

    database: Database
    national_login: NationalLogin
    commercial_register: CommercialRegister

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Self:
        return cls(database, NationalLogin(settings), CommercialRegister(settings))
