"""Reads the QR code of a printed paper from its picture, as a telephone does."""

import pypdfium2
import zxingcpp

from devstack.machine import StartError

# Lines and letters of a paper may look like another kind of barcode.
_KINDS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def code_on(pdf: bytes) -> str:
    """Returns the text of the QR code on the first page. Raises StartError unless there's exactly one."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        picture = document[0].render(scale=150 / 72).to_pil()
        found = zxingcpp.read_barcodes(picture, formats=_KINDS)
    finally:
        document.close()
    if len(found) != 1:
        raise StartError(f"there are {len(found)} codes on the paper instead of one")
    return str(found[0].text)
