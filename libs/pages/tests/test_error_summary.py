"""The error summary names the field of each fault by its label, in the order of the form."""

from pages.error_summary import complete_summary

SUMMARY = '<li><a href="#{0}"><span data-label-of="{0}"></span>This field is required</a></li>'


def test_a_fault_is_named_by_the_label_of_its_input():
    page = SUMMARY.format("name") + '<label for="name">Name <b>of the</b> owner</label>'

    assert "Name of the owner: This field is required" in complete_summary(page)


def test_a_fault_of_a_choice_is_named_by_its_legend():
    page = SUMMARY.format("kind") + '<fieldset class="choice" id="kind">\n  <legend>Kind</legend>'

    assert ">Kind: This field is required" in complete_summary(page)


def test_a_field_without_a_label_is_not_named():
    assert ">This field is required" in complete_summary(SUMMARY.format("none"))


def test_the_faults_stand_in_the_order_of_their_fields():
    faults = [SUMMARY.format("mobile"), "<li>The form as a whole</li>", SUMMARY.format("name")]
    summary = f'<div class="problem" id="problem"><ul>{"".join(faults)}</ul></div>'

    page = complete_summary(f'{summary}<input id="name"><input id="mobile">')

    places = [page.index(words) for words in ("as a whole", 'href="#name"', 'href="#mobile"')]
    assert places == sorted(places)
