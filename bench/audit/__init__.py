"""How long `partner-gateway audit verify` takes over a million rows, beside reading the same rows."""
