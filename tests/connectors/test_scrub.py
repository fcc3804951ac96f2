import base64
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.scrub import HIDDEN, is_secret_name, list_secrets, scrub, scrub_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Cookie", "DHL-API-Key", "api_key", "client_secret", "password", "access_token"),
        *("pass_hash", "user_key", "content_key", "encryption_key"),
    ],
)
def test_a_secret_is_known_by_its_name(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["appAccountToken", "paginationToken", "purchaseToken", "key", "text_hint", "id", "status"]
)
def test_an_id_or_a_cursor_is_no_secret(name):
    assert not is_secret_name(name)


def test_values_of_secret_names_are_hidden_at_any_depth():
    payload = {"user": [{"name": "Aino", "account": {"pass_hash": "4981AA"}, "token": ["a", "b"]}]}
    assert scrub(payload) == {"user": [{"name": "Aino", "account": {"pass_hash": HIDDEN}, "token": HIDDEN}]}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("sent Bearer abc.def-g to us", f"sent Bearer {HIDDEN} to us"),
        ("<b>basic dXNlcg==</b>", f"<b>basic {HIDDEN}</b>"),
        ("/track?apikey=k123&id=7", f"/track?apikey={HIDDEN}&id=7"),
        ("?access_token=zz9&paginationToken=p4", f"?access_token={HIDDEN}&paginationToken=p4"),
        ("the issue is not there", "the issue is not there"),
    ],
)
def test_credentials_in_a_text_are_hidden(text, left):
    assert scrub_text(text) == left


@given(JSON)
def test_scrubbing_twice_is_scrubbing_once(payload):
    assert scrub(scrub(payload)) == scrub(payload)


@given(JSON, st.text("abcdef0123456789", min_size=8, max_size=20))
def test_a_known_secret_is_hidden_wherever_it_stands(payload, secret):
    quoted = {"said": payload, f"x{secret}": [f"you sent {secret}!", {"again": secret}]}
    assert secret not in json.dumps(scrub(quoted, [secret]))


def test_what_we_sent_in_secret_is_listed_also_decoded():
    basic = "Basic " + base64.b64encode(b"user:pass word").decode()
    request = httpx.Request(
        "GET", "http://p.test/x?token=t0ken&id=7", headers={"Authorization": basic, "X-Api-Key": "k3y3"}
    )
    found = list_secrets(request)
    assert {"pass word", "user:pass word", "t0ken", "k3y3", basic} <= set(found)
    assert "7" not in found
