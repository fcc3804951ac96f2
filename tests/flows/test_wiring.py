from datetime import datetime
from pathlib import Path

import pytest

from connectors.relay import SmtpRelay
from flows.wiring import NoRelay, make_house, make_mailer, make_outside
from hub.errors import InvalidInput, RetryLater
from hub.ports import Mail
from hub.settings import Settings


def make_settings(path: Path, **more: str) -> Settings:
    return Settings(_env_file=None, data_dir=path, **more)  # type: ignore[call-arg, arg-type]


async def test_a_hub_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="luotsi up"):
        await make_outside(make_settings(tmp_path))


async def test_a_house_speaks_as_it_is_set(tmp_path: Path) -> None:
    house = await make_house(make_settings(tmp_path, support_name="Satama", public_url="https://x.example/"), {})
    assert (house.support_name, house.public_url) == ("Satama", "https://x.example")
    assert set(house.playbooks) == {"magazine"}
    assert len(house.secret) >= 32


async def test_a_house_keeps_its_secret_from_start_to_start(tmp_path: Path) -> None:
    first = await make_house(make_settings(tmp_path), {})
    assert (await make_house(make_settings(tmp_path), {})).secret == first.secret


async def test_where_no_relay_is_set_mail_waits_and_says_why(tmp_path: Path, now: datetime) -> None:
    relay = make_mailer(make_settings(tmp_path))
    mail = Mail(message_id="<1@x>", sender="a@x", recipient="b@x", subject="", text="", at=now)
    assert isinstance(relay, NoRelay)
    with pytest.raises(RetryLater, match="LUOTSI_SMTP_RELAY") as later:
        await relay.send(mail)
    assert not later.value.sent


def test_a_relay_that_is_set_is_used(tmp_path: Path) -> None:
    assert isinstance(make_mailer(make_settings(tmp_path, smtp_relay="mail.example:25")), SmtpRelay)
