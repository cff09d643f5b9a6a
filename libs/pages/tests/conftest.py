"""A service with pages of a test's own."""

import json

import flask
import pytest

from pages.site import Site

TEMPLATE = """{% extends "page.html" %}{% block title %}{{ t("added") }}{% endblock %}
{% block content %}<h1>{{ t("added") }} {{ number|code }}</h1>{% endblock %}"""


@pytest.fixture
def client_of(tmp_path, monkeypatch):
    """`client_of(page, …, guards={…})` → a client of a service that has these pages only."""
    templates = tmp_path / "added_service" / "api" / "templates"
    templates.mkdir(parents=True)
    (tmp_path / "added_service" / "__init__.py").write_text("")
    (templates / "added.html").write_text(TEMPLATE, "utf-8")
    texts = templates / "texts.json"
    texts.write_text(json.dumps({"ar": {"added": "صفحة"}, "en": {"added": "Added"}}), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def build(*table, guards=None):
        site = Site(
            process=None,
            table=table,
            guards=guards or {},
            templates="added_service",
            texts=[texts],
            public_url="https://services.example",
            unsaved=["password"],
        )
        app = flask.Flask("added_service", static_folder=None)
        site.mount(app)
        scope = {"chassis.address": "203.0.113.7"}
        return app.test_client(), {"environ_base": {"asgi.scope": scope}}

    return build
