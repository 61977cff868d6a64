"""Credit codes, phones, provinces, codes: what advises and what refuses."""

from __future__ import annotations

import pytest

from webapp.clients import rules


@pytest.mark.parametrize(
    "code, doubt",
    [
        ("", None),
        ("91350100M000100Y43", None),
        (" ９１３５０１００M000100y43 ", None),
        ("91350100M000100Y44", "credit-code-check:3"),
        ("91330100MA00000007", "credit-code-check:C"),
        ("91350100M000100Y4", "credit-code-form"),
        ("91350100I000100Y43", "credit-code-form"),
    ],
)
def test_a_credit_code_is_doubted_never_refused(code: str, doubt: str | None) -> None:
    assert rules.credit_code_doubt(code) == doubt


@pytest.mark.parametrize(
    "phone",
    [
        "13800138000",
        "+86 138 0013 8000",
        "0571-88888888",
        "(021)62345678",
        "400-820-8820",
        "１３８００１３８０００",
        "88888888转12",
    ],
)
def test_phones_in_use_look_right(phone: str) -> None:
    assert rules.phone_looks_right(phone)


@pytest.mark.parametrize("phone", ["12", "12345678901", "call me"])
def test_other_phones_look_odd(phone: str) -> None:
    assert not rules.phone_looks_right(phone)


def test_a_province_has_two_or_six_digits_and_may_be_retired() -> None:
    assert [rules.province_fits(code) for code in ("", "33", "330100", "3", "33a", "٣٣")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert rules.province_known("330100")
    assert not rules.province_known("99")


@pytest.mark.parametrize(
    "code, fits", [("S01", True), ("店 1", True), ("", False), ("a\tb", False), ("x" * 41, False), ("\ud800", False)]
)
def test_a_site_code_can_be_a_line_of_a_list(code: str, fits: bool) -> None:
    assert rules.site_code_fits(code) is fits
