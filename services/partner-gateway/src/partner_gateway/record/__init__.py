"""The record of queries: written as chains of links, read by auditors, signed and verified."""
