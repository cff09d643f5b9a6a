"""The pages of the stand-in: the number, then the telephone. Each says that it's a stand-in."""

from collections.abc import Sequence
from html import escape

_STYLE = """
body { font-family: system-ui, "Noto Sans Arabic", sans-serif; background: #f4f1ea; margin: 0; color: #1d2320 }
.stand-in { background: #7a2e0e; color: #fff; padding: .8rem 1.5rem; font-weight: 600 }
main { max-width: 32rem; margin: 2rem auto; background: #fff; padding: 1.5rem 2rem; border-radius: .8rem }
[lang=en] { display: block; font-weight: 400; font-size: .85em; direction: ltr; text-align: right }
.phone [lang=en] { text-align: center }
button [lang=en] { display: inline; margin-inline-start: .4rem; font-size: 1em }
h1 { font-size: 1.4rem; line-height: 1.4 } label, button, input { font: inherit }
input { width: 100%; padding: .6rem; box-sizing: border-box; border: 1px solid #5a645e; border-radius: .4rem }
button { margin: .6rem 0 0 .5rem; padding: .8rem 1.2rem; min-height: 3rem }
button { border: 1px solid #1b8354; border-radius: .4rem }
.number { font-size: 3rem; text-align: center; font-weight: 700 }
.phone { border: .5rem solid #24302b; border-radius: 1.5rem; padding: 1rem; text-align: center }
.alert { border-right: .3rem solid #b42318; padding-right: .8rem }
"""


def ask_number(interaction: str, problem: str = "") -> bytes:
    """Returns the page that asks for the number, as in the national login."""
    alert = f'<p class="alert" role="alert" id="problem">{escape(problem)}</p>' if problem else ""
    return _page(
        f"""<h1>رقم الهوية أو الإقامة{_english("National ID or iqama")}</h1>{alert}
<form method="post" action="/number">
<input type="hidden" name="csrf_token" value="{escape(interaction)}">
<label for="id_number">رقم تجريبي مثل <bdi>1000000016</bdi>{_english("A trial number")}</label>
<input id="id_number" name="id_number" inputmode="numeric" dir="ltr" required maxlength="10" autofocus>
<button>متابعة{_english("Continue")}</button></form>"""
    )


def ask_telephone(interaction: str, number: str, choices: Sequence[str]) -> bytes:
    """The number that the screen shows, and what the telephone would ask."""
    buttons = "".join(
        f'<button name="choice" value="{escape(one)}">{escape(one)}</button>' for one in choices
    )
    return _page(
        f"""<h1>افتحوا تطبيق نفاذ واختاروا الرقم{_english("Open the application and choose the number")}</h1>
<p class="number" data-number="{escape(number)}">{escape(number)}</p>
<form method="post" action="/decision" class="phone">
<input type="hidden" name="csrf_token" value="{escape(interaction)}">
<p>الهاتف{_english("The telephone")}</p>{buttons}
<p><button name="choice" value="refuse">رفض{_english("Refuse")}</button>
<button name="choice" value="late">لم يُجب في الوقت{_english("No answer in time")}</button></p></form>"""
    )


def failed(words: str) -> bytes:
    """A request that leads nowhere, so that it's told here and nobody is sent on."""
    return _page(f'<h1>تعذر إكمال الطلب</h1><p class="alert" role="alert">{escape(words)}</p>')


def _english(words: str) -> str:
    """Beside the Arabic words, in its own direction."""
    return f' <span lang="en">{words}</span>'


def _page(content: str) -> bytes:
    return (
        '<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>النفاذ الوطني (بيئة تجريبية)</title><style>{_STYLE}</style></head><body>"
        '<header class="stand-in">بيئة تجريبية: هذه الصفحة بديل عن النفاذ الوطني ولا تتحقق من هوية أحد'
        f"{_english('A stand-in for the national login; it recognises nobody')}</header>"
        f"<main>{content}</main></body></html>"
    ).encode()
