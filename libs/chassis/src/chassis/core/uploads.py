"""A file of a form, as the caller sent it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Upload:
    """Nothing about it is verified: `name` may look like a path, `content_type` may be of something else."""

    name: str = field(repr=False)
    content_type: str
    content: bytes = field(repr=False)
