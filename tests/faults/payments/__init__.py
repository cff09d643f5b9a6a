"""The world of payments: invoices, bills and money, while everything between them breaks.

An invoice comes by Kafka to `payments`, is registered at the bill system and paid there, and a signed notice tells it:
twice, late, behind others, under another id. The ledger of the bill system decides: each bill is registered once, and
each payment is known once, settles once, or waits for a clerk, to the halala.
"""
