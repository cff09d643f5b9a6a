"""The world of reports: citizens' reports and their texts, while everything between the two breaks.

A report is filed at `reports`, goes by outbox and Kafka to `notify`, and from there to a provider that accepts and
hangs, refuses and resets. The provider's ledger decides: one receipt for each report, and one text for each closure.
"""
