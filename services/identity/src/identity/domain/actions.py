"""What is done to a row of the register, as its history names it."""

from enum import StrEnum


class Action(StrEnum):
    """The actions of the journal."""

    REGISTER = "register"
    AMEND = "amend"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    SET_PASSWORD = "set_password"  # noqa: S105 - a word, not a secret
    REPLACE_KEYS = "replace_keys"
    WITHDRAW = "withdraw"
    END = "end"
    FIND = "find"


TITLES = {
    Action.REGISTER: ("تسجيل", "Registered"),
    Action.AMEND: ("تعديل", "Amended"),
    Action.SUSPEND: ("إيقاف", "Suspended"),
    Action.REINSTATE: ("رفع الإيقاف", "Reinstated"),
    Action.SET_PASSWORD: ("تعيين كلمة مرور جديدة", "New password set"),
    Action.REPLACE_KEYS: ("استبدال المفاتيح العامة", "Public keys replaced"),
    Action.WITHDRAW: ("سحب", "Withdrawn"),
    Action.END: ("إنهاء", "Ended"),
    Action.FIND: ("بحث برقم الهوية", "Found by the identity number"),
}
