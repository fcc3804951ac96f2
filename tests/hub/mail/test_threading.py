from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mail.parse import parse_mail
from hub.mail.threading import ALPHABET, LENGTH, find_tokens, make_message_id, make_token, mark_subject, reply_address

SUPPORT = "Support@luotsi.example"
ONE, TWO, THREE, FOUR = (c * LENGTH for c in "1234")


def found(headers: str, *recipients: str) -> list[str]:
    return find_tokens(parse_mail(f"{headers}\n\nHei".encode()), recipients, SUPPORT)


@given(st.binary(min_size=LENGTH, max_size=LENGTH))
def test_a_token_made_of_any_octets_comes_back_from_an_address(octets: bytes) -> None:
    token = make_token(lambda length: octets[:length])
    assert found("Subject: x", reply_address(SUPPORT, token)) == [token]


def test_a_token_has_a_hundred_bits() -> None:
    assert (len(ALPHABET), len(set(ALPHABET)), LENGTH * 5) == (32, 32, 100)
    assert len({make_token(secrets.token_bytes) for _ in range(100)}) == 100


def test_letter_case_lost_on_the_way_does_not_matter() -> None:
    token = "abcdefghjkmnpqrstvwx"
    assert found(f"Subject: Re: x [#{token.upper()}]", f"SUPPORT+{token.upper()}@LUOTSI.EXAMPLE") == [token]


def test_the_strongest_sign_comes_first() -> None:
    headers = (
        f"To: support+{TWO}@luotsi.example\nSubject: {mark_subject('Re: x', FOUR)}\n"
        f"References: {make_message_id(THREE, '1', 'luotsi.example')}"
    )
    assert found(headers, f"support+{ONE}@luotsi.example") == [ONE, TWO, THREE, FOUR]


def test_the_newest_mail_answered_comes_before_older_ones() -> None:
    older, newer = (make_message_id(token, "1", "luotsi.example") for token in (ONE, TWO))
    assert found(f"References: {older} {newer}") == [TWO, ONE]


@pytest.mark.parametrize(
    "headers",
    [
        f"To: support+{ONE}@elsewhere.example",
        f"To: other+{ONE}@luotsi.example",
        f"To: support+{ONE}x@luotsi.example",
        f"In-Reply-To: <luotsi.{ONE}.1@elsewhere.example>",
        f"In-Reply-To: <{ONE}@luotsi.example>",
        f"Subject: {ONE}",
        f"To: {ONE} <support@luotsi.example>",
    ],
)
def test_what_only_looks_like_ours_is_no_token(headers: str) -> None:
    assert found(headers) == []


def test_a_message_id_holds_nothing_that_would_end_it() -> None:
    assert make_message_id(ONE, "a>\r\nBcc: x@y", "luotsi.example") == f"<luotsi.{ONE}.aBccxy@luotsi.example>"
