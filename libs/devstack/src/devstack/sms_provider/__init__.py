"""Two SMS providers on this machine, for demo and tests: they answer as Unifonic and Taqnyat do, and fail on demand.

Nothing is sent to anybody. `python -m devstack.sms_provider CONFIG` serves three ports: one for each provider, and one
with the page of the telephones, the ledger of what was accepted (`GET /ledger`) and the switches (`POST /faults`).
"""
