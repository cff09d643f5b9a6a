"""The desk of cashiers and accountants: bills, money, decisions by two people, the reconciliation of each day."""
