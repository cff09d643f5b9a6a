"""What the electricity company enters under faults, from its request to permits' answer and back.

`python -m tests.faults.entries.run`. Truth is what the company's inspectors saw, in the order in which they entered it;
`checker.py` compares it with what the gateway keeps, what permits decided and which certificates there are.
"""
