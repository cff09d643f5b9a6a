"""The files of a form, without HTTP."""

from portal.domain.form_documents import (
    add_document,
    documents_body,
    join_documents,
    read_documents,
)

DEED_ID, SKETCH_ID = (
    "0195ff10-4d00-7b22-9d3f-000000000911",
    "0195ff10-4d00-7b22-9d3f-000000000912",
)
DEED, SKETCH = f"{DEED_ID} deed صورة الصك 3.pdf", f"{SKETCH_ID} - مخطط.pdf"


def test_a_file_is_read_as_it_was_added():
    text = add_document("", attachment_id=DEED_ID, paper="deed", name="صورة الصك 3.pdf")
    text = add_document(text, attachment_id=SKETCH_ID, paper="", name="مخطط.pdf")

    assert text == f"{DEED}\n{SKETCH}"
    assert read_documents(text)[0] == {
        "attachment_id": DEED_ID, "paper": "deed", "name": "صورة الصك 3.pdf", "written": DEED,
    }  # fmt: skip


def test_a_line_that_names_no_file_is_left_out():
    assert read_documents(f"\n{DEED_ID}\n{DEED_ID} deed") == []


def test_a_file_that_is_removed_leaves_the_others():
    assert join_documents([DEED, SKETCH], without=DEED_ID) == SKETCH


def test_a_file_without_a_paper_names_none():
    assert documents_body(f"{DEED}\n{SKETCH}\n{SKETCH_ID}  x.pdf") == [
        {"attachment_id": DEED_ID, "paper": "deed"},
        {"attachment_id": SKETCH_ID},
        {"attachment_id": SKETCH_ID},
    ]
