from datetime import datetime, timedelta

import pytest

from hub.errors import NotFound
from hub.links import VALID_FOR, read_status_token, status_token

SECRET = "a secret of at least thirty-two characters"


def test_a_link_names_its_case(now: datetime) -> None:
    assert read_status_token(SECRET, status_token(SECRET, 17, now), now) == 17


def test_a_link_ends_after_its_time(now: datetime) -> None:
    token = status_token(SECRET, 17, now)
    assert read_status_token(SECRET, token, now + VALID_FOR) == 17
    with pytest.raises(NotFound):
        read_status_token(SECRET, token, now + VALID_FOR + timedelta(seconds=1))


@pytest.mark.parametrize("forge", [lambda t: t[:-1] + "A", lambda t: "x" + t, lambda t: "", lambda t: "é.ö"])
def test_a_forged_link_opens_nothing(forge, now: datetime) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotFound):
        read_status_token(SECRET, forge(status_token(SECRET, 17, now)), now)


def test_a_link_of_another_hub_opens_nothing(now: datetime) -> None:
    with pytest.raises(NotFound):
        read_status_token(SECRET + "!", status_token(SECRET, 17, now), now)
