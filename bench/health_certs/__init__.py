"""From the result of an examination to the certificate."""
