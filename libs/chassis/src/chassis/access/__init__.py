"""Access: tokens, proofs of possession, revocations, quotas."""
