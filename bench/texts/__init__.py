"""Texts under load: how soon after its event a text is with a provider, and how many a second."""
