"""Who may: tokens, proofs of possession, revocations, quotas."""
