from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.answers import Dialect, parse_body, parse_json, to_error, to_payload
from connectors.scrub import HIDDEN
from hub.errors import ContractBroken, RetryLater

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def answer(status=200, body=b"", **headers):
    request = httpx.Request("GET", "http://parcels.test/parcels?q=1")
    return httpx.Response(status, content=body, headers=headers, request=request)


@pytest.mark.parametrize(
    ("stated", "after"),
    [
        ("0", NOON),
        ("90", NOON + timedelta(seconds=90)),
        ("Fri, 20 Nov 2026 12:05:00 GMT", NOON + timedelta(minutes=5)),
        ("172800", NOON + DAY),
        ("1795176000000", None),
        ("9" * 5000, None),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(stated, after):
    assert Dialect().find_retry_after(answer(429, **{"Retry-After": stated}), NOON) == after


@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
def test_no_stated_wait_can_break_the_client(stated):
    response = answer(429, **{"Retry-After": stated.encode("latin-1")})
    error = to_error("parcels", response, Dialect(), NOON)
    assert isinstance(error, RetryLater)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_every_answer_has_a_meaning(body, status):
    error = to_error("parcels", answer(status, body), Dialect(), NOON)
    assert str(error).startswith(f"parcels: GET /parcels answered {status}")


@given(st.binary(max_size=200).filter(lambda body: not body.lstrip().startswith(b"{")))
def test_a_body_that_is_not_the_shape_breaks_the_contract_and_is_kept(body):
    with pytest.raises(ContractBroken) as caught:
        parse_json("parcels", answer(body=body), dict[str, int])
    assert caught.value.payload == to_payload(body)


def test_a_very_long_answer_is_cut_where_it_is_kept():
    assert len(to_payload(b"x" * 300_000)) == 100_000


def test_a_kept_payload_has_no_secrets():
    raw = b'{"webhooks": [{"signing_secret": {"secret": "s3"}, "authentication": {"token": "t0"}, "name": "n"}]}'
    assert to_payload(raw) == {"webhooks": [{"signing_secret": HIDDEN, "authentication": HIDDEN, "name": "n"}]}


def test_a_broken_contract_says_where_and_quotes_nothing():
    with pytest.raises(ContractBroken, match=r"a push in a shape we do not know, at: code\.secret") as broken:
        parse_body("parcels", b'{"code": {"secret": "s3cret"}}', dict[str, dict[str, int]], what="a push")
    assert "s3cret" not in f"{broken.value!r} {broken.value.payload} {broken.value.__cause__!r}"
