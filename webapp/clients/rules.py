"""Rules of clients: the check of a credit code, provinces, phones, codes of sites. All of them advise; only the form of a code refuses.

Pure. Contracts: GB 32100 (credit code), GB/T 2260 (provinces) as told in domain.md.
"""

from __future__ import annotations

import re
import unicodedata

CODE_MOST = 40
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PHONE = re.compile(r"(?:\+?86)?(?:1[3-9]\d{9}|0\d{9,11}|[2-8]\d{6,7}|(?:400|800)\d{7})(?:[x转]\d{1,6})?")
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
    ]
)


def matching(text: str) -> str:
    """The form in which words are compared, never stored: NFKC, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def credit_code_doubt(code: str) -> str | None:
    """A reason to look at the licence again, or None: `credit-code-form`, or `credit-code-check:X`, X the digit expected.

    Some real codes fail the check, so this never refuses.
    """
    tidy = unicodedata.normalize("NFKC", code).strip().upper()
    if not tidy:
        return None
    if len(tidy) != 18 or any(sign not in _ALPHABET for sign in tidy):
        return "credit-code-form"
    due = _ALPHABET[-sum(_ALPHABET.index(sign) * pow(3, at, 31) for at, sign in enumerate(tidy[:17])) % 31]
    return None if tidy[17] == due else f"credit-code-check:{due}"


def province_fits(code: str) -> bool:
    """Two or six digits, or nothing. Whether the province still exists is only a warning."""
    return re.fullmatch(r"(?:[0-9]{2}|[0-9]{6})?", code) is not None


def province_known(code: str) -> bool:
    return code[:2] in PROVINCES


def phone_looks_right(phone: str) -> bool:
    """Mobile, landline, 400 or 800, with +86, spaces, dashes, full width: a hint, never a refusal."""
    return _PHONE.fullmatch(re.sub(r"[\s()\-]", "", unicodedata.normalize("NFKC", phone))) is not None


def site_code_fits(code: str) -> bool:
    """Codes are lines of the frozen list: no tab, line feed or other control, at most 40 characters."""
    return 0 < len(code) <= CODE_MOST and not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in code)
