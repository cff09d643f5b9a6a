"""Attachments: what people send as pictures and papers, checked, kept outside the database, served by their owner."""
