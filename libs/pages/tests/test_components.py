"""The inputs of forms take what their service takes."""

import pytest

from pages.rendering import Rendering


@pytest.fixture(scope="module")
def render():
    """`render('{{ c.button("words") }}')` → the markup of a component."""
    rendering = Rendering("pages", [], "templates")

    def render(component):
        source = '{% import "components.html" as c with context %}' + component
        return rendering.templates["ar"].from_string(source).render()

    return render


@pytest.mark.parametrize("most", [300, 1000])
def test_a_text_area_takes_as_many_signs_as_its_service(render, most):
    shown = render(f'{{{{ c.text_area("text", "words", {most}) }}}}')

    assert f'<textarea id="text" name="text" rows="3" maxlength="{most}">' in shown
