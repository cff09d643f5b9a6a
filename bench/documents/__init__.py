"""How many signed documents a second one process prints and verifies, beside Typst alone."""
