"""The limits of the gateway, out of the way."""

# Who waits for something by asking again and again would meet them; they have tests of their own.
UNLIMITED = {
    f"PARTNER_GATEWAY_{who}_PER_MINUTE": "1000000"
    for who in ("PERSON", "CLIENT", "PARTNER", "CIVIL_ID")
}
