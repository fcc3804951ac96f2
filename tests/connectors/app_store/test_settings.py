from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from connectors.app_store.connector import make_connector
from connectors.app_store.settings import AppStoreSettings, read_private_key, read_root_certificates
from connectors.sandbox.app_store_signing import make_credentials
from hub.clock import SystemClock
from hub.errors import InvalidInput

CREDENTIALS = make_credentials()
ROOT = CREDENTIALS.root_certificate
DER = x509.load_pem_x509_certificate(ROOT.encode()).public_bytes(Encoding.DER)


def settings(**changed: Any) -> AppStoreSettings:
    known = CREDENTIALS.model_dump() | {"root_certificates": ROOT}
    return AppStoreSettings.model_validate(known | changed)


def test_production_is_where_it_speaks_to_unless_told() -> None:
    assert settings().base_url == "https://api.storekit.apple.com"


def test_everything_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("key_id", "issuer_id", "bundle_id", "private_key"):
        monkeypatch.setenv(f"LUOTSI_APP_STORE_{name.upper()}", getattr(CREDENTIALS, name))
    monkeypatch.setenv("LUOTSI_APP_STORE_ROOT_CERTIFICATES", f"{ROOT}, /etc/apple/g3.cer")
    assert AppStoreSettings().root_certificates == (ROOT.strip(), "/etc/apple/g3.cer")


def test_the_private_key_is_text_or_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "key.p8").write_text(CREDENTIALS.private_key)
    from_file = settings(private_key=str(tmp_path / "key.p8"))
    assert read_private_key(from_file) == read_private_key(settings()) == CREDENTIALS.private_key
    assert "BEGIN" not in repr(settings().private_key)


def test_root_certificates_are_pem_or_der_text_or_files(tmp_path: Path) -> None:
    (tmp_path / "root.cer").write_bytes(DER)
    (tmp_path / "both.pem").write_text(ROOT + ROOT)
    sources = f"{ROOT},{tmp_path / 'root.cer'},{tmp_path / 'both.pem'}"
    assert read_root_certificates(settings(root_certificates=sources)) == [DER] * 4


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    absent = settings(private_key=str(tmp_path / "absent.p8"))
    with pytest.raises(InvalidInput, match=r"absent\.p8: No such file"):
        make_connector(absent, SystemClock())


@pytest.mark.parametrize("changed", [{"environment": "Xcode"}, {"environment": "LocalTesting"}, {"history_days": 181}])
def test_settings_under_which_nothing_could_be_trusted_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**changed)
