"""What the stand-in is told at its start: port, file, who may register bills, and where notices go."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`port` 0 takes a free one. `ledger`: the file that survives a kill, None for memory only. `notices`: the address
    for notices, empty for none; they're signed with `notice_key`, 32 bytes in base64url, under `key_number`. `token`:
    what a biller shows, empty for whoever comes."""

    port: int = 0
    ledger: Path | None = None
    notices: str = ""
    notice_key: str = "A" * 43
    key_number: int = 1
    token: str = ""
    biller_code: str = "174"
    seed: int = 1
