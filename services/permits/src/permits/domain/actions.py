"""The titles of actions in the history, in Arabic and English."""

from collections.abc import Iterable

TITLES = {
    "submit": ("تقديم الطلب", "Submitted"),
    "send_to_office": ("إحالة إلى المكتب الهندسي", "Sent to the engineering office"),
    "send_to_technical_review": ("إحالة إلى التدقيق الفني", "Sent to technical review"),
    "pass_technical_review": ("اجتياز التدقيق الفني", "Passed technical review"),
    "return": ("إعادة للاستكمال", "Returned for completion"),
    "resubmit": ("إعادة التقديم", "Resubmitted"),
    "approve": ("اعتماد", "Approved"),
    "reject": ("رفض", "Rejected"),
    "propose_amount": ("اقتراح مبلغ غير مبلغ الجدول", "Another amount proposed"),
    "agree_to_amount": ("الموافقة على المبلغ المقترح", "The proposed amount agreed to"),
    "refuse_amount": ("رفض المبلغ المقترح", "The proposed amount refused"),
    "request_payment": ("طلب السداد", "Payment requested"),
    "record_payment": ("تسجيل السداد", "Payment recorded"),  # by hand, before payments took it
    "pay": ("وصول السداد", "Paid"),
    "unbill": ("إلغاء الفاتورة أو رفضها", "Bill refused or cancelled"),
    "refund_after_issue": ("تقرر رد الرسم بعد الإصدار", "The fee goes back after the issue"),
    "issue": ("إصدار", "Issued"),
    "expire_unpaid": ("انتهاء لعدم السداد", "Expired unpaid"),
    "cancel": ("إلغاء", "Cancelled"),
    "suspend": ("إيقاف", "Suspended"),
    "reinstate": ("رفع الإيقاف", "Reinstated"),
    "amend": ("تصحيح البيانات", "Data corrected"),
    "renew": ("تجديد برخصة لاحقة", "Renewed by a later permit"),
    "supersede": ("استبدال برخصة لاحقة", "Superseded by a later permit"),
    "complete": ("إنجاز", "Completed"),
    "restore": ("إعادة الرخصة بعد قبول الاعتراض", "Restored on appeal"),
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
}


def words(actions: Iterable[str]) -> list[dict[str, str]]:
    """The titles of the actions, in Arabic and English; actions without a title aren't for people."""
    pairs = (TITLES[action] for action in actions if action in TITLES)
    return [{"ar": arabic, "en": english} for arabic, english in pairs]
