"""Every message in English and Chinese. Codes are published and never change; words may."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.refusals import RefusalCode

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Saying:
    """One message; ``{name}`` stands for a fact."""

    en: str
    zh: str

    def say(self, language: Language, facts: Mapping[str, object]) -> str:
        """Return the message in a language, with its facts in place."""
        return (self.zh if language == "zh" else self.en).format_map(facts)


REFUSALS: dict[RefusalCode, Saying] = {
    RefusalCode.ACCOUNT_BLOCKED: Saying(
        "The account is blocked ({status}): no money leaves it",
        "账户已被冻结（{status}），资金不能转出",
    ),
    RefusalCode.ACCOUNT_BUSY: Saying(
        "Something is still under way on the account", "账户尚有未完结的业务"
    ),
    RefusalCode.ACCOUNT_CLOSED: Saying("The account is closed", "账户已销户"),
    RefusalCode.ACCOUNT_EXISTS: Saying(
        "You have an account in this currency already", "您已有该币种的账户"
    ),
    RefusalCode.AMOUNT_MISMATCH: Saying("The amount is not what it must be", "金额与应有金额不符"),
    RefusalCode.API_KEY_ENDED: Saying(
        "The API key has expired or was revoked", "该 API 密钥已过期或已吊销"
    ),
    RefusalCode.API_KEY_REPLACED: Saying(
        "Another API key has replaced this one already", "该 API 密钥已被新密钥替换"
    ),
    RefusalCode.BANK_MISSING: Saying(
        "There is no bank here: nothing is collected or paid", "未接入银行，暂不能充值或提现"
    ),
    RefusalCode.BANK_REFUSED: Saying("The bank refused: {reason}", "银行拒绝：{reason}"),
    RefusalCode.BIRTH_DATE_NEEDED: Saying(
        "This document does not tell the date of birth: give it", "该证件不含出生日期，请另行提供"
    ),
    RefusalCode.CARD_IN_USE: Saying(
        "Money is on its way from or to this card", "该银行卡有交易正在处理"
    ),
    RefusalCode.CARD_LIMIT_REACHED: Saying(
        "You have bound as many cards as you may", "绑定的银行卡数量已达上限"
    ),
    RefusalCode.CARD_NUMBER_INVALID: Saying("This is no card number", "银行卡号无效"),
    RefusalCode.CARD_REFUSED: Saying(
        "This card cannot be bound: it must be your own, in the name of your account",
        "无法绑定该银行卡：须为本人名下且与账户姓名一致",
    ),
    RefusalCode.CARD_REQUIRED: Saying(
        "Name the bound card that the money comes from", "请指定付款的已绑定银行卡"
    ),
    RefusalCode.CURRENCY_MISMATCH: Saying("The currency is another one", "币种不一致"),
    RefusalCode.DRAW_CLOSED: Saying("The draw sells no more tickets", "该期已停止销售"),
    RefusalCode.DRAW_EXISTS: Saying("There is such a draw already", "该期已存在"),
    RefusalCode.DRAW_NOT_CLOSED: Saying("The draw has not been closed yet", "该期尚未截止"),
    RefusalCode.DRAW_NOT_PUBLISHED: Saying(
        "The draw's winning tickets are not published yet", "该期中奖结果尚未公布"
    ),
    RefusalCode.DRAW_PUBLISHED: Saying(
        "The draw's winning tickets are published and stay as they are",
        "该期中奖结果已公布，不可更改",
    ),
    RefusalCode.EMAIL_TAKEN: Saying(
        "Somebody has signed up with this e-mail address", "该邮箱已注册"
    ),
    RefusalCode.EXPIRY_OUT_OF_RANGE: Saying(
        "The moment lies in the past, or too far ahead", "时间已过或过于久远"
    ),
    RefusalCode.FROZEN_BY_HOLDER: Saying(
        "The holder froze the account, and the holder lifts it", "账户由本人冻结，须由本人解冻"
    ),
    RefusalCode.FROZEN_BY_OPERATOR: Saying(
        "The house froze the account, and the house lifts it", "账户由运营方冻结，须由运营方解冻"
    ),
    RefusalCode.EXCLUSION_NOT_LONGER: Saying(
        "You are excluded for longer already, and nobody can shorten it",
        "您已自我排除至更晚的时间，任何人不得缩短",
    ),
    RefusalCode.EXCLUSION_OUT_OF_RANGE: Saying(
        "The period is shorter or longer than one may choose", "所选排除期限超出允许范围"
    ),
    RefusalCode.HOLD_ENDED: Saying("The hold has ended", "该笔冻结已结束"),
    RefusalCode.IDENTITY_INVALID: Saying("This is no valid identity document", "身份证件信息无效"),
    RefusalCode.IDENTITY_IN_USE: Saying(
        "There is an account for this identity already", "该身份已开立账户"
    ),
    RefusalCode.IDENTITY_MISMATCH: Saying(
        "This is not the identity that was given before", "与已登记的身份信息不符"
    ),
    RefusalCode.INSUFFICIENT_FUNDS: Saying("Not enough money is available", "可用余额不足"),
    RefusalCode.INVITATION_ENDED: Saying(
        "The invitation is not good, or not any more", "邀请无效或已失效"
    ),
    RefusalCode.KEY_REUSED: Saying(
        "This idempotency key was used for something else", "该幂等键已用于其他请求"
    ),
    RefusalCode.LAST_ADMINISTRATOR: Saying(
        "Nobody would be left who may manage the staff", "不能移除最后一位管理员"
    ),
    RefusalCode.PARAMETER_OUT_OF_RANGE: Saying(
        "The parameter does not take this value", "该参数不接受此值"
    ),
    RefusalCode.MANDATE_EXPIRED: Saying("The payment mandate has expired", "支付授权已过期"),
    RefusalCode.MANDATE_LIMIT_EXCEEDED: Saying(
        "The payment mandate allows {allowed} at the most", "支付授权最多允许 {allowed}"
    ),
    RefusalCode.MANDATE_MISSING: Saying(
        "The player has given no payment mandate", "玩家未授权支付"
    ),
    RefusalCode.MORE_THAN_ONES_OWN: Saying(
        "Nobody gives permissions that they do not have themselves", "不能授予自己没有的权限"
    ),
    RefusalCode.NO_ACCOUNT: Saying("Open an account first", "请先开户"),
    RefusalCode.NOTHING_TO_REPLAY: Saying(
        "Everything behind that cursor is still to come", "该游标之后的事件尚未投递，无需重放"
    ),
    RefusalCode.NOT_FOUND: Saying("There is no such thing, or not for you", "不存在或无权查看"),
    RefusalCode.NOT_WINNING_TICKET: Saying(
        "This is no winning ticket of that account", "不是该账户的中奖彩票"
    ),
    RefusalCode.ONES_OWN_ACCESS: Saying(
        "Nobody changes what they may do themselves", "不能更改自己的权限"
    ),
    RefusalCode.ORDER_REFERENCE_USED: Saying(
        "This order reference has paid for a purchase already", "该订单号已完成支付"
    ),
    RefusalCode.PAID_ALREADY: Saying("The prize has been paid already", "奖金已派发"),
    RefusalCode.PARTNER_SUSPENDED: Saying("The partner is suspended", "合作方已被暂停"),
    RefusalCode.PHONE_INVALID: Saying("This is no phone number", "电话号码无效"),
    RefusalCode.PRIZE_EXPIRED: Saying("The time to claim the prize is over", "兑奖期限已过"),
    RefusalCode.REASON_NEEDED: Saying("Say why", "请说明原因"),
    RefusalCode.REVERSED_ALREADY: Saying("It has been reversed already", "该笔已冲正"),
    RefusalCode.ROLE_FIXED: Saying("The administrator's role stays as it is", "管理员角色不可更改"),
    RefusalCode.ROLE_IN_USE: Saying("Somebody holds this role", "该角色仍有人使用"),
    RefusalCode.ROLE_NAME_TAKEN: Saying("Another role has this name", "该角色名称已被使用"),
    RefusalCode.SCOPE_NOT_OF_KIND: Saying(
        "A partner of this kind has no such scope", "此类合作方没有该权限范围"
    ),
    RefusalCode.SELF_EXCLUDED: Saying(
        "The holder has excluded themselves from the game for a while", "账户持有人处于自我排除期"
    ),
    RefusalCode.SELF_LIMIT_EXCEEDED: Saying(
        "The holder's own limits allow {allowed} at the most",
        "账户持有人的自我限额最多允许 {allowed}",
    ),
    RefusalCode.SERIAL_USED: Saying("Another ticket of the draw has this serial", "该票号已被使用"),
    RefusalCode.SIGN_IN_FAILED: Saying(
        "E-mail address and password do not fit together", "邮箱或密码错误"
    ),
    RefusalCode.STEP_UP_REQUIRED: Saying(
        "Prove first that it is you, with your payment PIN", "请先用支付密码验证身份"
    ),
    RefusalCode.SUPERVISOR_HAS_NO_ROLES: Saying(
        "A supervisor has no roles: they read, and change nothing", "监管人员只可查看，不能分配角色"
    ),
    RefusalCode.SUSPENSE_ENDED: Saying(
        "This money waits no longer: it was attributed or sent back", "该笔款项已认领或已退回"
    ),
    RefusalCode.TICKET_CONFIRMED: Saying("The ticket has been confirmed already", "彩票已确认"),
    RefusalCode.TICKET_REFUNDED: Saying("The ticket has been refunded", "彩票已退款"),
    RefusalCode.TOO_MANY_API_KEYS: Saying(
        "The partner has as many API keys as it may have", "该合作方的 API 密钥数量已达上限"
    ),
    RefusalCode.TOO_MANY_TRIES: Saying(
        "Too many wrong answers today: try tomorrow, or ask the house",
        "今日错误次数过多，请明日再试或联系客服",
    ),
    RefusalCode.TOO_MANY_WEBHOOKS: Saying(
        "The partner has as many webhooks as it may have", "该合作方的 Webhook 数量已达上限"
    ),
    RefusalCode.UNDER_AGE: Saying(
        "Nobody under 18 may have an account", "未满十八周岁不得开立账户"
    ),
    RefusalCode.UNREADABLE: Saying(
        "The house cannot read this any more: a data key is missing", "数据密钥缺失，无法读取"
    ),
    RefusalCode.WEBHOOK_BLOCKED: Saying(
        "The house has stopped this webhook", "该 Webhook 已被运营方停用"
    ),
    RefusalCode.WEBHOOK_NOT_ACTIVE: Saying(
        "Nothing is sent to this webhook now; resume it first", "该 Webhook 未启用，请先恢复"
    ),
    RefusalCode.WEBHOOK_URL_REFUSED: Saying(
        "A webhook's URL is https, without credentials, and leads to a public address",
        "Webhook 地址必须为 https、不含凭据，且指向公网",
    ),
    RefusalCode.WITHDRAWAL_LIMIT_EXCEEDED: Saying(
        "Today at most {allowed} more may be withdrawn", "今日最多还可提现 {allowed}"
    ),
    RefusalCode.CODE_WRONG: Saying("The code is wrong, or not good any more", "验证码错误或已失效"),
    RefusalCode.EMAIL_NOT_VERIFIED: Saying("Verify your e-mail address first", "请先验证邮箱"),
    RefusalCode.EMAIL_VERIFIED_ALREADY: Saying(
        "Your e-mail address is verified already", "邮箱已验证"
    ),
    RefusalCode.PIN_LOCKED: Saying(
        "The payment PIN is locked for now; come back in {seconds} seconds",
        "支付密码已被暂时锁定，请在 {seconds} 秒后重试",
    ),
    RefusalCode.PIN_NOT_SET: Saying("Set a payment PIN first", "请先设置支付密码"),
    RefusalCode.PIN_SET_ALREADY: Saying("A payment PIN is set already", "支付密码已设置"),
    RefusalCode.SESSION_ENDED: Saying(
        "The session is over: sign in again", "会话已结束，请重新登录"
    ),
    RefusalCode.THROTTLED: Saying(
        "Too many tries; come back in {seconds} seconds", "尝试次数过多，请在 {seconds} 秒后重试"
    ),
    RefusalCode.WEAK_PASSWORD: Saying("This password is too easy to guess", "密码过于简单"),
    RefusalCode.WEAK_PIN: Saying("This payment PIN is too easy to guess", "支付密码过于简单"),
    RefusalCode.WRONG_PASSWORD: Saying("This is not your password", "密码错误"),
    RefusalCode.WRONG_PIN: Saying("This is not your payment PIN", "支付密码错误"),
}
"""Of every refusal."""

UNKNOWN = "?"
"""Stands for a fact that a refusal does not tell this caller."""

RULES: dict[str, Saying] = {
    "ANOTHER_CURRENCY": Saying("it must be in the order's currency", "币种必须与订单一致"),
    "BAD_CURSOR": Saying(
        "take a cursor from an earlier answer to the same question", "请使用同一查询返回的游标"
    ),
    "NOT_A_DATE": Saying("give a date such as 1990-03-07", "请提供日期，例如 1990-03-07"),
    "NOT_A_PIN": Saying("a payment PIN has six digits", "支付密码为六位数字"),
    "NOT_AN_EMAIL": Saying("this is no e-mail address", "邮箱格式不正确"),
    "NOT_AN_ID": Saying("this is no id", "不是有效的 ID"),
    "NOT_A_PHONE": Saying("this is no phone number", "电话号码格式不正确"),
    "NOT_A_TIME": Saying(
        "give a time with its offset, as RFC 3339", "请提供带时区的 RFC 3339 时间"
    ),
    "NOT_DECIMAL": Saying("give a plain decimal number", "请提供普通十进制数字"),
    "NOT_POSITIVE": Saying("it must be above zero", "必须大于零"),
    "NOT_PRINTABLE": Saying("only printable characters are taken", "只能包含可打印字符"),
    "NOT_WHOLE": Saying("give a whole number", "请提供整数"),
    "NOTHING_ASKED_FOR": Saying("give a cursor, or dead letters", "请提供游标或死信"),
    "OUT_OF_RANGE": Saying(
        "it must be from {minimum} to {maximum}", "必须在 {minimum} 到 {maximum} 之间"
    ),
    "TOO_FEW": Saying("give at least {minimum}", "至少提供 {minimum} 项"),
    "TOO_LARGE": Saying("the amount is too large", "金额过大"),
    "TOO_LONG": Saying("at most {maximum} characters are taken", "最多 {maximum} 个字符"),
    "TOO_MANY": Saying("at most {maximum} are taken", "最多 {maximum} 项"),
    "TOO_MANY_DECIMALS": Saying(
        "this currency has {decimals} decimals", "该币种最多 {decimals} 位小数"
    ),
    "TOO_SHORT": Saying("at least {minimum} characters are needed", "至少 {minimum} 个字符"),
    "UNKNOWN_CURRENCY": Saying("this currency is not kept here", "不支持该币种"),
    "WRONG_KIND_OF_ID": Saying(
        "this is the id of something else than a {expected}", "不是 {expected} 的 ID"
    ),
}
"""Of every way in which an input can be malformed."""

FAULTS: dict[str, Saying] = {
    "UNAUTHENTICATED": Saying("Sign in first", "请先登录"),
    "FORBIDDEN": Saying("This is not yours to do", "无权执行此操作"),
    "SCOPE_MISSING": Saying(
        "Your API key lacks the scope {scope}", "您的 API 密钥缺少权限范围 {scope}"
    ),
    "UNAVAILABLE": Saying(
        "It could not be settled now; repeat it with the same idempotency key",
        "暂时无法完成，请使用相同的幂等键重试",
    ),
    "OVERFLOW": Saying(
        "You read too slowly; subscribe again with after: the last cursor you got",
        "读取过慢，请用最后收到的游标作为 after 重新订阅",
    ),
}
"""Of the errors that are about the caller or the house."""
