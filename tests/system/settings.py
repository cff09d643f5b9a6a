"""The gateway's settings in the journeys: no limit in the way, and no minute to wait for a silence."""

# A test that waits by asking again and again would meet them; they have tests of their own.
UNLIMITED = {
    f"PARTNER_GATEWAY_{who}_PER_MINUTE": "1000000"
    for who in ("PERSON", "CLIENT", "PARTNER", "CIVIL_ID", "STATUS")
}

# How long it goes on without news of revocations; 60 s by default.
STALE_S = 20
SETTINGS = {**UNLIMITED, "PARTNER_GATEWAY_REVOCATION_STALENESS_SECONDS": str(STALE_S)}
