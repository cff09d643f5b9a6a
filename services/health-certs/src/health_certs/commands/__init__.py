"""What happens: each command is a transaction's part, and opens or commits none."""
