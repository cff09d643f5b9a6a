"""A citizen's licences: finder, applications, drafts, licences, violations."""
