"""The desk for licences: applications, licences and violations."""
