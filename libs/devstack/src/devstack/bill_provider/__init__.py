"""The national bill system on this machine, for demo and tests: it registers, is paid, and fails on demand.

Nobody pays anything. `python -m devstack.bill_provider CONFIG` serves one port: the interface of the bill system below
`/v1`, a page on which a bill is «paid» (`POST /pay` does the same), the ledger of all that happened (`GET /ledger`) and
the switches (`POST /faults`).
"""
