"""The tables of notify, and the wordings that stand in them from the start."""
