from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.publisher_desk.signature import SIGNATURE, TIMESTAMP, find_fault, sign

SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
STAMP = "2021-03-25T05:09:27Z"
RAW = b'{"event":"ticket.updated","id":123}'
SIGNED_AT = datetime(2021, 3, 25, 5, 9, 27, tzinfo=UTC)
HEADERS = {SIGNATURE: "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM=", TIMESTAMP: STAMP}


def test_the_published_vector_is_signed_the_same() -> None:
    assert sign(SECRET, STAMP, RAW) == HEADERS[SIGNATURE]


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_signature_holds_within_five_minutes(seconds: int) -> None:
    assert find_fault(HEADERS, RAW, [SECRET], SIGNED_AT + timedelta(seconds=seconds)) is None


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_is_refused_outside_five_minutes(seconds: int) -> None:
    assert "too old" in (find_fault(HEADERS, RAW, [SECRET], SIGNED_AT + timedelta(seconds=seconds)) or "")


def test_any_of_several_secrets_may_have_signed() -> None:
    assert find_fault(HEADERS, RAW, ["another", SECRET], SIGNED_AT) is None


def test_header_names_are_read_in_any_case() -> None:
    assert find_fault({k.title(): v for k, v in HEADERS.items()}, RAW, [SECRET], SIGNED_AT) is None


@pytest.mark.parametrize("secrets", [[], ["another"]])
def test_without_the_right_secret_nothing_holds(secrets: list[str]) -> None:
    assert find_fault(HEADERS, RAW, secrets, SIGNED_AT) == "the signature does not hold"


def test_an_altered_body_does_not_hold() -> None:
    assert find_fault(HEADERS, RAW.replace(b"123", b"124"), [SECRET], SIGNED_AT) is not None


def test_a_timestamp_of_another_time_does_not_hold() -> None:
    later = {**HEADERS, TIMESTAMP: "2021-03-25T05:10:27Z"}
    assert find_fault(later, RAW, [SECRET], SIGNED_AT) == "the signature does not hold"


@pytest.mark.parametrize("stamp", ["yesterday", "2021-03-25T05:09:27"])
def test_a_signed_timestamp_that_is_no_time_is_refused(stamp: str) -> None:
    headers = {SIGNATURE: sign(SECRET, stamp, RAW), TIMESTAMP: stamp}
    assert "too old" in (find_fault(headers, RAW, [SECRET], SIGNED_AT) or "")


def test_headers_that_are_not_ascii_are_refused_rather_than_raise() -> None:
    assert find_fault({**HEADERS, SIGNATURE: "ä"}, RAW, [SECRET], SIGNED_AT) is not None
