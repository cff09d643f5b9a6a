"""Tenders that are published, amended and cancelled, with followers who hear of each amendment."""
