import pytest

from hub.errors import InvalidInput
from hub.passwords import check_password, hash_password, is_password


@pytest.mark.parametrize("password", ["kolme hauskaa hylettä", "x9!kd0-2mvvq", "ä" * 5 + "correct horse" * 5])
def test_length_is_enough(password: str) -> None:
    check_password(password, "matti@luotsi.example")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "elevenchars",
        "password1234",
        "Salasana2026!",
        "aaaaaaaaaaaaaaaa",
        "qwertyuiop12",
        "luotsiluotsi1",
        "y" * 129,
    ],
)
def test_what_others_would_guess_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        check_password(password)


def test_ones_own_address_is_no_password() -> None:
    with pytest.raises(InvalidInput):
        check_password("matti.meikalainen1", "matti.meikalainen@luotsi.example")


def test_a_password_is_known_again_and_another_is_not() -> None:
    kept = hash_password("kolme hauskaa hylettä")
    assert is_password(kept, "kolme hauskaa hylettä")
    assert not is_password(kept, "kolme hauskaa hyljettä")


def test_without_a_kept_password_none_is_right() -> None:
    assert not is_password("", "nobody has this password")
