from datetime import datetime, timedelta

import pyotp
import pytest

from hub.totp import find_step, new_secret, to_uri

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(at: datetime) -> str:
    return pyotp.TOTP(SECRET).at(at)


@pytest.mark.parametrize("drift", [-30, 0, 30])
def test_a_code_holds_one_step_either_way(drift: int, now: datetime) -> None:
    assert find_step(SECRET, code(now + timedelta(seconds=drift)), now) == int(now.timestamp()) // 30 + drift // 30


@pytest.mark.parametrize("drift", [-90, -61, 61, 90])
def test_an_older_or_later_code_is_wrong(drift: int, now: datetime) -> None:
    assert find_step(SECRET, code(now + timedelta(seconds=drift)), now) is None


def test_a_used_step_is_refused(now: datetime) -> None:
    step = find_step(SECRET, code(now), now)
    assert step is not None
    assert find_step(SECRET, code(now), now, used=step) is None


def test_a_code_may_be_typed_in_two_groups(now: datetime) -> None:
    typed = code(now)
    assert find_step(SECRET, f"{typed[:3]} {typed[3:]}", now) is not None


@pytest.mark.parametrize("typed", ["", "abc", "١٢٣٤٥٦"])
def test_what_is_no_code_is_wrong(typed: str, now: datetime) -> None:
    assert find_step(SECRET, typed, now) is None


def test_the_uri_names_the_person_and_the_product() -> None:
    assert to_uri(new_secret(), "a@b.example").startswith("otpauth://totp/Luotsi:a%40b.example?secret=")
