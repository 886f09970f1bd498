"""What people are written, in English and Chinese."""

from dataclasses import dataclass
from typing import Literal

from models.kinds import CodePurpose, Notice


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's subject and text; ``{code}`` stands for a mailed code."""

    subject: str
    text: str


_NOT_YOU = "If you did not ask for it, do nothing: nobody else can read this letter."
_NOT_YOU_ZH = "如果这不是您本人的操作，请忽略本邮件：他人无法看到此邮件。"
_NOT_YOUR_DOING = "If this was not you, set a new password at once and end all sessions."
_NOT_YOUR_DOING_ZH = "如果这不是您本人的操作，请立即重设密码，并结束所有会话。"

LETTERS: dict[CodePurpose | Notice, dict[Literal["en", "zh"], Words]] = {
    CodePurpose.VERIFY_EMAIL: {
        "en": Words(
            "Your code to verify this address",
            "Your code is {code}. It proves to Coffer that this address is yours, and is good for"
            f" a day.\n\n{_NOT_YOU}",
        ),
        "zh": Words(
            "邮箱验证码",
            f"您的验证码是 {{code}}，用于证明此邮箱归您所有，一天内有效。\n\n{_NOT_YOU_ZH}",
        ),
    },
    CodePurpose.RESET_PASSWORD: {
        "en": Words(
            "Your code to set a new password",
            "Your code is {code}. With it a new password can be set within twenty minutes. Give it"
            f" to nobody.\n\n{_NOT_YOU}",
        ),
        "zh": Words(
            "重设密码的验证码",
            "您的验证码是 {code}，二十分钟内可用于重设密码，请勿告知他人。" + f"\n\n{_NOT_YOU_ZH}",
        ),
    },
    CodePurpose.RESET_PIN: {
        "en": Words(
            "Your code to set a new payment PIN",
            "Your code is {code}. With it and your password a new payment PIN can be set within"
            f" twenty minutes. Give it to nobody.\n\n{_NOT_YOUR_DOING}",
        ),
        "zh": Words(
            "重设支付密码的验证码",
            "您的验证码是 {code}，二十分钟内可与登录密码一起用于重设支付密码，请勿告知他人。"
            f"\n\n{_NOT_YOUR_DOING_ZH}",
        ),
    },
    Notice.SESSION_STOLEN: {
        "en": Words(
            "A sign-in of yours was ended for safety",
            "A key to one of your sessions was used twice, which may mean that somebody copied it."
            " The session was ended; sign in again to go on.\n\n" + _NOT_YOUR_DOING,
        ),
        "zh": Words(
            "您的一个登录会话已被终止",
            "您的一个会话凭证被重复使用，可能已被他人复制。该会话已终止，请重新登录。\n\n"
            + _NOT_YOUR_DOING_ZH,
        ),
    },
    Notice.PASSWORD_CHANGED: {
        "en": Words(
            "Your password was changed",
            "Your password was changed, and your other sessions were ended.\n\n" + _NOT_YOUR_DOING,
        ),
        "zh": Words(
            "您的密码已更改",
            "您的密码已更改，其他会话均已终止。\n\n" + _NOT_YOUR_DOING_ZH,
        ),
    },
    Notice.PIN_CHANGED: {
        "en": Words(
            "Your payment PIN was set",
            "A new payment PIN was set for your account.\n\n" + _NOT_YOUR_DOING,
        ),
        "zh": Words("您的支付密码已设置", "您已设置新的支付密码。\n\n" + _NOT_YOUR_DOING_ZH),
    },
    Notice.PIN_LOCKED: {
        "en": Words(
            "Your payment PIN is locked",
            "A wrong payment PIN was given too often, so it is locked for a while. It can be set"
            " anew by mail.\n\n" + _NOT_YOUR_DOING,
        ),
        "zh": Words(
            "您的支付密码已被锁定",
            "支付密码连续输入错误次数过多，已被暂时锁定。您可以通过邮件重设。\n\n"
            + _NOT_YOUR_DOING_ZH,
        ),
    },
}
"""Of every reason to write."""


def letter_of(name: str) -> CodePurpose | Notice:
    """Return the letter that a row names."""
    return CodePurpose(name) if name in CodePurpose.__members__ else Notice(name)


def words(letter: CodePurpose | Notice, language: str, code: str) -> Words:
    """Return a letter in a language, with the code in its place."""
    chosen = LETTERS[letter]["zh" if language == "zh" else "en"]
    return Words(chosen.subject, chosen.text.format(code=code))
