"""The titles of actions in the history, in Arabic and English."""

from collections.abc import Iterable
from typing import Any

TITLES = {
    "submit": ("تقديم الطلب", "Submitted"),
    "send_to_office": ("إحالة إلى المكتب الهندسي", "Sent to the engineering office"),
    "send_to_technical_review": ("إحالة إلى التدقيق الفني", "Sent to technical review"),
    "pass_technical_review": ("اجتياز التدقيق الفني", "Passed technical review"),
    "return": ("إعادة للاستكمال", "Returned for completion"),
    "edit": ("تعديل بيانات الطلب", "Edited"),
    "resubmit": ("إعادة التقديم", "Resubmitted"),
    "approve": ("اعتماد", "Approved"),
    "reject": ("رفض", "Rejected"),
    "hand_in_paper": ("تسجيل مستند مُسلَّم", "Paper handed in"),
    "attach_file": ("إرفاق ملف", "File attached"),
    "remove_file": ("حذف ملف مرفق", "File removed"),
    "read_file": ("الاطلاع على ملف مرفق", "Attached file read"),
    "take_back_paper": ("إلغاء تسجيل مستند أو إعادته", "Paper taken back"),
    "propose_amount": ("اقتراح مبلغ غير مبلغ الجدول", "Another amount proposed"),
    "agree_to_amount": ("الموافقة على المبلغ المقترح", "The proposed amount agreed to"),
    "refuse_amount": ("رفض المبلغ المقترح", "The proposed amount refused"),
    "request_payment": ("طلب السداد", "Payment requested"),
    "record_payment": ("تسجيل السداد", "Payment recorded"),  # by hand, before payments took it
    "pay": ("وصول السداد", "Paid"),
    "carry_payment": ("ترحيل السداد إلى الطلب المصحح", "Payment carried to the corrected request"),
    "withdraw_payment": ("سحب طلب السداد", "Bill withdrawn"),
    "unbill": ("إلغاء الفاتورة أو رفضها", "Bill refused or cancelled"),
    "refund_after_issue": ("تقرر رد الرسم بعد الإصدار", "The fee goes back after the issue"),
    "issue": ("إصدار", "Issued"),
    "enter": ("إدخال رخصة صدرت قبل النظام", "Entered from before the system"),
    "send_file": ("إرسال ملف رخص سابقة", "File of older permits sent"),
    "stage": ("اكتمال قراءة الملف", "File read"),
    "draw_sample": ("سحب العينة", "Sample drawn"),
    "judge": ("الحكم على صف من العينة", "Row of the sample judged"),
    "release_import": ("إجازة الدفعة", "Batch released"),
    "end_import": ("اكتمال إدخال الدفعة", "Batch made into permits"),
    "read_row_again": ("إعادة قراءة صف لم يُعالج", "Unprocessed row read again"),
    "make_row_again": ("إعادة إدخال صف لم يُعالج", "Unprocessed row made again"),
    "give_up_row": ("ترك صف لم يُعالج", "Unprocessed row given up"),
    "withdraw_import": ("سحب الدفعة", "Batch withdrawn"),
    "verify": ("التحقق بالمطابقة بالمصدر", "Verified against its source"),
    "previous_permit_ended": ("انتهت الرخصة السابقة", "The previous permit ended"),
    "expire_unpaid": ("انتهاء لعدم السداد", "Expired unpaid"),
    "cancel": ("إلغاء", "Cancelled"),
    "cancel_for_owner": ("إلغاء بطلب المالك", "Cancelled at the owner's request"),
    "undo_cancellation": ("التراجع عن إلغاء بطلب المالك", "Cancellation for the owner undone"),
    "suspend": ("إيقاف", "Suspended"),
    "reinstate": ("رفع الإيقاف", "Reinstated"),
    "amend": ("تصحيح البيانات", "Data corrected"),
    "amend_owners": ("تصحيح ملاك الرخصة أو الطلب", "Owners of the permit or request corrected"),
    "verify_owners": (
        "التحقق من ملاك الرخصة بمصدرها",
        "Owners verified against the permit's source",
    ),
    "renew": ("تجديد برخصة لاحقة", "Renewed by a later permit"),
    "supersede": ("استبدال برخصة لاحقة", "Superseded by a later permit"),
    "complete": ("إنجاز", "Completed"),
    "restore": ("إعادة الرخصة بعد قبول الاعتراض", "Restored on appeal"),
    "readmit": ("إعادة فتح الطلب بعد قبول الاعتراض", "Opened again on appeal"),
    "lift": ("رفع الرفض بعد قبول الاعتراض", "Refusal lifted on appeal"),
    "file_appeal": ("تقديم اعتراض", "Appeal filed"),
    "decide_appeal": ("البت في الاعتراض", "Appeal decided"),
    "withdraw_appeal": ("سحب الاعتراض", "Appeal withdrawn"),
    "carry": ("نقل العزل إلى الرخصة اللاحقة", "Insulation carried to the permit that followed"),
    "record_number": ("تسجيل رقم شهادة الشركة", "The company's certificate number recorded"),
    "record_withdrawal": ("تسجيل سحب من الشركة", "Withdrawal by the company recorded"),
    "refuse_completion": ("رفض شهادة إتمام البناء", "Completion refused"),
    "reopen": ("عودة إلى السريان", "In force again"),
    "open": ("فتح شهادة العزل", "Insulation certificate opened"),
    "record_inspection": ("تسجيل معاينة", "Inspection recorded"),
    "void": ("إلغاء لفتحها أو إصدارها بالخطأ", "Voided"),
    "revoke": ("سحب", "Revoked"),
    "reveal": ("إظهار أرقام الهوية والجوال", "Identity and mobile numbers shown"),
    "print": ("إصدار وثيقة للطباعة", "Document made to print"),
    "request": ("طلب شهادة الإشغال", "Occupancy certificate asked for"),
    "overdue": ("تجاوز مدة البت", "Not decided in time"),
    "hold_occupancy": ("تغير شهادة الإشغال", "Occupancy certificate changed"),
    "submit_release": ("طلب إطلاق التيار", "Release of current asked for"),
    "inspect_site": ("معاينة الموقع", "Place inspected"),
    "approve_partial": ("اعتماد الإطلاق الجزئي", "Partial release approved"),
    "withdraw_approval": ("سحب اعتماد الإطلاق", "Approval withdrawn"),
    "approve_full": ("اعتماد الإطلاق الكلي", "Full release approved"),
    "ask_full": ("طلب الإطلاق الكلي", "Full release asked for"),
    "refuse": ("رفض مع الأسباب", "Refused, with reasons"),
    "check": ("تغير ما يستند إليه الإطلاق", "Its ground changed"),
    "carry_release": ("انتقال إلى الرخصة اللاحقة", "Passed to the later permit"),
    "order_disconnection": ("الأمر بفصل التيار للخطر", "Disconnection ordered for danger"),
    "withdraw_disconnection": ("سحب أمر الفصل", "Order to disconnect withdrawn"),
    "allow_reconnection": ("السماح بإعادة التيار", "Reconnection allowed"),
    "enter_coordination": ("شهادة تنسيق من شركة الكهرباء", "Coordination certificate entered"),
    "enter_energised": ("إطلاق التيار من شركة الكهرباء", "Current entered by the company"),
    "enter_disconnection_acknowledged": ("استلام الشركة لأمر الفصل", "Order acknowledged"),
    "enter_disconnected": ("فصل الشركة للتيار", "Disconnection entered by the company"),
    "enter_reconnected": ("إعادة الشركة للتيار", "Reconnection entered by the company"),
    "flag": ("وضع إشارة للمراجعة", "Flagged for review"),
    "empty_inspectors": ("حذف أسماء المعاينين بانقضاء مدتها", "Inspectors' names deleted in time"),
    "empty_files": ("حذف الملفات بانقضاء مدتها", "Files deleted in time"),
    "unflag": ("رفع إشارة المراجعة", "Flag taken away"),
}


def titles_of(actions: Iterable[str]) -> dict[Any, dict[str, str]]:
    """Returns the titles that a refusal offers, by action. An action without a title isn't offered."""
    return {
        one: dict(zip(("ar", "en"), TITLES[one], strict=True)) for one in actions if one in TITLES
    }


def words(actions: Iterable[str]) -> list[dict[str, str]]:
    """Returns the titles of the actions, in Arabic and English. Actions without a title aren't for people."""
    pairs = (TITLES[action] for action in actions if action in TITLES)
    return [{"ar": arabic, "en": english} for arabic, english in pairs]
