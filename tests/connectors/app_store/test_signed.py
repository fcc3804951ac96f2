from __future__ import annotations

from typing import Any

import pytest
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier

from connectors.app_store.settings import AppStoreSettings, read_root_certificates
from connectors.app_store.signed import SignedReader, Unverified
from connectors.sandbox.app_store_signing import Credentials, make_credentials, sign
from hub.errors import ContractBroken

CREDENTIALS = make_credentials()
SIGNED_AT = 1_793_868_400_000


@pytest.fixture
def reader() -> SignedReader:
    known = CREDENTIALS.model_dump() | {"root_certificates": CREDENTIALS.root_certificate}
    roots = read_root_certificates(AppStoreSettings.model_validate(known))
    return SignedReader("app_store", SignedDataVerifier(roots, False, Environment.SANDBOX, CREDENTIALS.bundle_id))


def signed(by: Credentials = CREDENTIALS, **changed: Any) -> str:
    payload = {
        "transactionId": "2003",
        "originalTransactionId": "2000",
        "productId": "hbr.monthly",
        "purchaseDate": SIGNED_AT,
        "signedDate": SIGNED_AT,
        "bundleId": by.bundle_id,
        "environment": "Sandbox",
    }
    return sign(by, payload | changed)


def test_fields_that_apples_library_does_not_know_are_kept(reader: SignedReader) -> None:
    assert reader.read_transaction(signed(newOfApple="x")).to_plain()["newOfApple"] == "x"


@pytest.mark.parametrize("at", [1_451_606_400_000, SIGNED_AT, 4_070_908_800_000])
def test_it_is_verified_as_of_its_signing_whatever_the_systems_clock_says(reader: SignedReader, at: int) -> None:
    assert reader.read_transaction(signed(signedDate=at)).transaction_id == "2003"


@pytest.mark.parametrize(
    "jws",
    [
        signed(by=make_credentials()),
        signed(bundleId="com.example.other"),
        signed(environment="Production"),
        signed(environment="Xcode"),
        signed()[:-8] + "AAAAAAAA",
        "not.a.jws",
        "",
    ],
)
def test_what_apple_did_not_sign_for_us_is_unverified(reader: SignedReader, jws: str) -> None:
    with pytest.raises(Unverified):
        reader.read_transaction(jws)


def test_a_leaf_not_marked_for_signing_is_unverified(reader: SignedReader) -> None:
    leaf, middle, root = CREDENTIALS.x5c
    crossed = CREDENTIALS.model_copy(update={"x5c": [middle, root, leaf]})
    with pytest.raises(Unverified):
        reader.read_transaction(signed(by=crossed))


@pytest.mark.parametrize("changed", [{"productId": None}, {"purchaseDate": "yesterday"}, {"transactionId": [1]}])
def test_a_verified_payload_of_another_shape_breaks_the_contract(reader: SignedReader, changed: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken) as broken:
        reader.read_transaction(signed(**changed))
    assert not isinstance(broken.value, Unverified)
    assert broken.value.payload["bundleId"] == CREDENTIALS.bundle_id
