"""The rules of messages, templates and sending, imported by module: `messages.may_become(…)`."""
