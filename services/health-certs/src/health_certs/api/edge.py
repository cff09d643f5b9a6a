"""What the operations share at their edge."""

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]
View = dict[str, Any]
