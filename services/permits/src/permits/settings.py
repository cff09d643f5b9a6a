"""Own settings: what the municipality may decide without a new release."""

from dataclasses import dataclass

from chassis.settings import Settings as Base


@dataclass(frozen=True, kw_only=True)
class Settings(Base):
    """Whole years; `insulation_validity_years` 0 means that an insulation certificate doesn't
    end."""

    permit_validity_years: int = 3
    insulation_validity_years: int = 0
