"""The form in which an inspector enters what was seen of a stage of the insulation. Pure."""

from collections.abc import Mapping
from typing import Any

from portal.domain.inputs import read_inputs

INPUTS = ("stage", "result", "inspected_on", "inspector", "materials", "u_value", "defects", "key")
_SENT = ("stage", "result", "inspected_on", "inspector", "materials", "u_value")
# The gateway's field → the input that it stands for.
INPUT_OF_FIELD = {name: name for name in (*_SENT, "defects")}


def read_inspection(form: Mapping[str, str]) -> dict[str, str]:
    """Returns every input, without blanks around it."""
    return read_inputs(form, INPUTS)


def gateway_inspection(permit_id: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the entry that the gateway takes. A line is a defect; what was left empty isn't sent, and the gateway
    says whether it's missing."""
    defects = [line.strip() for line in typed["defects"].splitlines() if line.strip()]
    return {
        "permit_id": permit_id,
        **{name: typed[name] for name in _SENT if typed[name]},
        **({"defects": defects} if defects else {}),
    }
