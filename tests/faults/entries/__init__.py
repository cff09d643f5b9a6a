"""The world of entries: what the electricity company enters, from its request to permits' answer and back.

The company's inspectors decide what is true, in the order of their entries; `checker.py` compares that with what the
gateway keeps, what permits decided and which certificates there are.
"""
