import importlib
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.connectors import app, make_app, tell_quality
from connectors.registry import list_partners

SETTINGS = """
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TRIAL_PARCEL_")
    key: str
"""
CONNECTOR = """
from hub.errors import Refused
from hub.ports import BaseConnector, Capability, Health

class ParcelConnector(BaseConnector):
    partner, title = "parcel", "Parcel Express"
    supports = frozenset({Capability.OBSERVE, Capability.CHANGES})

    def __init__(self, key):
        self.key = key

    async def check(self):
        if self.key == "old":
            raise Refused("parcel", "GET /me answered 401")
        return Health(ok=self.key == "good", detail=f"signed in by a {self.key} key")

def make_connector(settings, clock, transport=None):
    return ParcelConnector(settings.key)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command on a package with one partner, whose key is given."""
    name = f"cli_trial_{tmp_path.name}".replace("-", "_")
    folder = tmp_path / name / "parcel"
    folder.mkdir(parents=True)
    for path, text in {"../__init__": "", "__init__": "", "settings": SETTINGS, "connector": CONNECTOR}.items():
        (folder / f"{path}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)

    def invoke(*arguments, key=None):
        return CliRunner(env={"TRIAL_PARCEL_KEY": key}).invoke(make_app(importlib.import_module(name)), arguments)

    return invoke


def test_list_shows_what_a_partner_can_do_and_that_it_is_configured(run):
    shown = run("list", key="good")
    assert shown.output.splitlines() == [
        "parcel (Parcel Express)",
        "  supports  changes, observe",
        "  quality   none: no manifest",
        "  settings  configured",
    ]


def test_list_shows_how_well_a_connector_is_made_and_what_is_left_to_do():
    shown = CliRunner().invoke(app, ["list"]).output
    assert "  quality   silver (to do: shape drift reported, diagnostics page)\n" in shown


def test_a_manifest_that_is_not_true_is_told(tmp_path):
    partner = list_partners()[0]
    (tmp_path / partner.name).mkdir()
    copied = tmp_path / partner.name / "manifest.yaml"
    copied.write_text(partner.manifest.read_text())
    told = tell_quality(replace(partner, folder=copied.parent))
    assert "WRONG: typed settings: there is no settings.py" in told


def test_list_names_the_variables_that_are_missing(run):
    assert "not configured: TRIAL_PARCEL_KEY is missing" in run("list").output


@pytest.mark.parametrize("arguments", [["check"], ["check", "parcel"]])
def test_check_says_that_a_partner_works(run, arguments):
    result = run(*arguments, key="good")
    assert (result.exit_code, result.output) == (0, "parcel: works: signed in by a good key\n")


@pytest.mark.parametrize(("key", "why"), [("bad", "signed in by a bad key"), ("old", "GET /me answered 401")])
def test_check_fails_where_a_partner_cannot_be_used(run, key, why):
    result = run("check", key=key)
    assert (result.exit_code, result.output) == (1, f"parcel: CANNOT BE USED: {why}\n")


@pytest.mark.parametrize(
    ("arguments", "key", "says"),
    [
        (["check"], None, "No partner is configured."),
        (["check", "parcel"], None, "parcel is not configured: TRIAL_PARCEL_KEY is missing"),
        (["check", "grid"], "good", "There is no partner grid. There are: parcel."),
    ],
)
def test_check_that_checked_nothing_fails_and_says_why(run, arguments, key, says):
    result = run(*arguments, key=key)
    assert result.exit_code == 1
    assert says in result.output


def test_the_real_partners_can_be_listed():
    assert CliRunner().invoke(app, ["list"]).exit_code == 0
