"""Pages for people: look, words, and how a service serves them."""
