"""The error summary names the field of each fault by its label."""

from pages.fault_labels import name_fields

SUMMARY = '<li><a href="#{0}"><span data-label-of="{0}"></span>This field is required</a></li>'


def test_a_fault_is_named_by_the_label_of_its_input():
    page = SUMMARY.format("name") + '<label for="name">Name <b>of the</b> owner</label>'

    assert "Name of the owner: This field is required" in name_fields(page)


def test_a_fault_of_a_choice_is_named_by_its_legend():
    page = SUMMARY.format("kind") + '<fieldset class="choice" id="kind">\n  <legend>Kind</legend>'

    assert ">Kind: This field is required" in name_fields(page)


def test_a_field_without_a_label_is_not_named():
    assert ">This field is required" in name_fields(SUMMARY.format("none"))
