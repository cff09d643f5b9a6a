"""What the code of one process shares: the clients of the national login and of the commercial register."""

from dataclasses import dataclass
from typing import Any, Self

from identity.commercial_register import CommercialRegister
from identity.national_login import NationalLogin
from identity.settings import Settings


@dataclass(frozen=True)
class Resources:
    """Made once per process."""

    national_login: NationalLogin
    commercial_register: CommercialRegister

    @classmethod
    def of(cls, _database: Any, settings: Settings) -> Self:
        return cls(NationalLogin(settings), CommercialRegister(settings))
