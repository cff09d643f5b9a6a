"""The QR code of a text, as a drawing."""

import io

import segno


def drawing(text: str) -> str:
    """Returns an SVG with its quiet zone. Level M: a fold or a stamp over 15 % of the code leaves it readable."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(out, kind="svg", border=4, xmldecl=False, nl=False)
    return out.getvalue().decode()
