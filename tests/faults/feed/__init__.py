"""The world of changes: writers, the gateway's sequencers and tellers, readers and an address, all of them killed.

The writers stand for consumers and commands: processes of the harness that append to the gateway's database beside a
ledger of their own, in one transaction.
"""
