"""The languages of texts to people: Arabic and English in each, the others where a text has them. Pure."""

FURTHER = ("ur", "hi", "bn")
LANGUAGES = ("ar", "en", *FURTHER)
