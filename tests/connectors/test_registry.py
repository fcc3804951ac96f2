import importlib
import textwrap

import httpx
import pytest

from connectors.registry import list_partners, make_connectors, read_configuration
from hub.errors import InvalidInput
from hub.ports import Capability

SETTINGS = """
    from pydantic import SecretStr
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class {name}Settings(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="TRIAL_{name}_", extra="ignore")
        base_url: str
        key: SecretStr
        pages: int = 5
"""
CONNECTOR = """
    from connectors.http import PartnerHttp, make_client
    from hub.ports import BaseConnector, Capability, Health

    class {name}Connector(BaseConnector):
        partner = "{name}"
        supports = frozenset({{Capability.OBSERVE}})

        def __init__(self, http):
            self.http = http

        async def check(self):
            return Health(ok=(await self.http.request("GET", "/")).is_success)

    def make_connector(settings, clock, transport=None):
        return {name}Connector(PartnerHttp("{name}", make_client(settings.base_url, transport=transport), clock))
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """`place(name, **files)` lays out a partner's folder in a package of its own."""
    package = f"trial_{tmp_path.name}".replace("-", "_")
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def lay(name, **files):
        folder = tmp_path / package / name
        folder.mkdir()
        for file, text in {"__init__": "", **files}.items():
            (folder / f"{file}.py").write_text(
                textwrap.dedent(text).replace("{name}", name).replace("{{", "{").replace("}}", "}")
            )

    lay.package = lambda: importlib.import_module(package)
    return lay


@pytest.fixture
def package(place):
    place("parcel", settings=SETTINGS, connector=CONNECTOR)
    place("grid", settings=SETTINGS, connector=CONNECTOR)
    return place.package()


def configure(monkeypatch, partner, **values):
    for name, value in values.items():
        monkeypatch.setenv(f"TRIAL_{partner}_{name}".upper(), value)


def test_every_folder_with_a_connector_is_a_partner(package):
    assert [(p.name, p.supports) for p in list_partners(package)] == [
        ("grid", {Capability.OBSERVE}),
        ("parcel", {Capability.OBSERVE}),
    ]


def test_a_folder_that_is_not_ready_is_no_partner(place, package):
    place("begun", settings=SETTINGS)
    place("empty")
    assert [p.name for p in list_partners(package)] == ["grid", "parcel"]


def test_a_folder_with_two_connectors_is_refused(place):
    place("twin", settings=SETTINGS, connector=CONNECTOR + "\n    class Second(BaseConnector): pass\n")
    with pytest.raises(InvalidInput, match="has 2 classes of BaseConnector"):
        list_partners(place.package())


def test_only_configured_partners_are_connected(package, clock, monkeypatch):
    configure(monkeypatch, "parcel", base_url="http://parcel.test", key="k")
    assert [c.partner for c in make_connectors(clock, package=package).values()] == ["parcel"]


def test_nothing_is_connected_where_nothing_is_configured(package, clock):
    assert make_connectors(clock, package=package) == {}


def test_a_partner_configured_by_half_is_refused_by_variable(package, clock, monkeypatch):
    configure(monkeypatch, "parcel", base_url="http://parcel.test")
    with pytest.raises(InvalidInput, match=r"parcel: TRIAL_PARCEL_KEY is missing$"):
        make_connectors(clock, package=package)


def test_a_wrong_value_is_told_without_the_value(package, monkeypatch):
    configure(monkeypatch, "parcel", base_url="http://parcel.test", key="k", pages="s3cr3t")
    partner = list_partners(package)[1]
    faults = read_configuration(partner).faults
    assert faults.startswith("TRIAL_PARCEL_PAGES is wrong: ")
    assert "s3cr3t" not in faults


def test_what_is_missing_is_named(package):
    configuration = read_configuration(list_partners(package)[0])
    assert configuration.missing == ("TRIAL_GRID_BASE_URL", "TRIAL_GRID_KEY")
    assert not configuration.begun


async def test_settings_and_transports_that_are_given_are_used(package, clock):
    partner = list_partners(package)[1]
    settings = {"parcel": partner.settings(base_url="http://parcel.test", key="k")}
    transports = {"parcel": httpx.MockTransport(lambda request: httpx.Response(204))}
    made = make_connectors(clock, settings, transports, package)
    assert list(made) == ["parcel"]
    assert (await made["parcel"].check()).ok
