"""How long to wait, in words that follow «بعد»: «بعد 42 دقيقة», "in 42 minutes"."""

from dataclasses import replace

from .bilingual import Bilingual
from .plurals import HOUR, MINUTE, Noun, counted

_MINUTE_S, _HOUR_S = 60, 3600
# Words after «بعد» stand in the genitive, which shows in the dual.
_MINUTE_AFTER, _HOUR_AFTER = replace(MINUTE, two="دقيقتين"), replace(HOUR, two="ساعتين")
_SECOND_AFTER = Noun(
    zero="لا ثوانٍ", one="ثانية واحدة", two="ثانيتين", few="ثوانٍ", many="ثانية", other="ثانية"
)


def word_wait(seconds: int) -> Bilingual:
    """Returns a wait in seconds up to two minutes, in minutes up to two hours, then in hours; rounded up, so that
    nobody comes back too early."""
    if seconds < 2 * _MINUTE_S:
        count, noun, english = max(seconds, 1), _SECOND_AFTER, "second"
    elif seconds < 2 * _HOUR_S:
        count, noun, english = -(-seconds // _MINUTE_S), _MINUTE_AFTER, "minute"
    else:
        count, noun, english = -(-seconds // _HOUR_S), _HOUR_AFTER, "hour"
    return Bilingual(counted(count, noun), f"{count} {english}{'' if count == 1 else 's'}")
