"""The desk's pages for the texts of SMS."""
