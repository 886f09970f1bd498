"""Messages: in both languages, for every code, with the same facts."""

import re

import pytest

from graphql_schema import faults
from graphql_schema.messages import FAULTS, REFUSALS, RULES, Saying
from services.actors import NOBODY
from services.refusals import RefusalCode
from tests.factories import a_customer
from tests.resolvers.asking import OPENING, Coffer

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FACT = re.compile(r"\{(\w+)\}")
ALL: dict[str, Saying] = {
    **{code.value: saying for code, saying in REFUSALS.items()},
    **RULES,
    **FAULTS,
}


def test_every_refusal_has_its_words() -> None:
    assert set(REFUSALS) == set(RefusalCode)


def test_every_fault_has_its_words() -> None:
    codes = {
        faults.UNAUTHENTICATED,
        faults.FORBIDDEN,
        faults.UNAVAILABLE,
        faults.OVERFLOW,
        faults.SCOPE_MISSING,
    }
    assert set(FAULTS) == codes


@pytest.mark.parametrize("code", ALL)
def test_both_languages_say_the_same_facts(code: str) -> None:
    saying = ALL[code]
    assert not CHINESE.search(saying.en)
    assert CHINESE.search(saying.zh)
    assert sorted(FACT.findall(saying.en)) == sorted(FACT.findall(saying.zh))


async def test_the_language_changes_the_message_and_not_the_code(coffer: Coffer) -> None:
    given = {"email": "nobody@example.com", "password": "not the password"}
    english = await coffer.do(NOBODY, "signIn", **given)
    chinese = await coffer.in_chinese.do(NOBODY, "signIn", **given)
    assert english.pop("message") == "E-mail address and password do not fit together"
    assert chinese.pop("message") == "邮箱或密码错误"
    assert english == chinese


async def test_malformed_input_is_told_in_the_callers_language(coffer: Coffer) -> None:
    player = await a_customer(coffer.house)
    given = {**OPENING, "holderName": "x" * 81}
    english = await coffer.fail_to(player, "openAccount", **given)
    chinese = await coffer.in_chinese.fail_to(player, "openAccount", **given)
    assert english.pop("message") == "holderName: at most 80 characters are taken"
    assert chinese.pop("message") == "holderName: 最多 80 个字符"
    assert english == chinese
    assert english == {
        "code": "BAD_USER_INPUT",
        "field": "holderName",
        "rule": "TOO_LONG",
        "maximum": 80,
    }


async def test_faults_are_told_in_the_callers_language(coffer: Coffer) -> None:
    error = await coffer.in_chinese.fail(NOBODY, "{ draws { edges { cursor } } }")
    assert error == {"message": "请先登录", "code": "UNAUTHENTICATED"}
