from pathlib import Path

from flows.catalogue import load_catalogue, load_kept
from hub.facts import Catalogue
from hub.ports import BaseConnector, Capability, Publication

NAMES = Path("config/catalogue.yaml")
TIEDE = Publication(id="tiede", title="Tiede", aliases=(), language="fi", frequency="monthly", publisher="sanoma")


class Telling(BaseConnector):
    partner = "delivery"
    supports = frozenset({Capability.CATALOGUE})

    def __init__(self, *told: Publication) -> None:
        self.told = list(told)

    async def publications(self) -> list[Publication]:
        return self.told


async def keep(path: Path, *told: Publication) -> Catalogue:
    return await load_catalogue(NAMES, {"delivery": Telling(*told)}, path)  # type: ignore[dict-item]


async def test_what_partners_told_is_known_when_they_are_away(tmp_path: Path) -> None:
    await keep(tmp_path / "kept.json", TIEDE)
    assert TIEDE in (await keep(tmp_path / "kept.json")).publications


async def test_what_is_kept_is_never_written_in_place_for_we_may_be_killed_over_it(tmp_path: Path) -> None:
    await keep(tmp_path / "kept.json", TIEDE)
    with (tmp_path / "kept.json").open("rb") as before:
        await keep(tmp_path / "kept.json", TIEDE, TIEDE.model_copy(update={"id": "anna"}))
        assert b"anna" not in before.read()
    assert len(load_kept(tmp_path / "kept.json")) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]
