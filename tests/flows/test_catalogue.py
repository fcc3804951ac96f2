from pathlib import Path

from flows.catalogue import join_publications, load_catalogue, load_kept, load_names
from hub.clock import FixedClock
from hub.errors import RetryLater
from hub.ports import Capability, Publication
from tests.hub.pretended import PretendedPartner

NAMES = Path("config/catalogue.yaml")
HBR = Publication(id="hbr", title="Harvard Business Review")


class Shelf(PretendedPartner):
    supports = frozenset({Capability.CATALOGUE})
    told: tuple[Publication, ...] | None = (HBR,)

    async def publications(self) -> list[Publication]:
        if self.told is None:
            raise RetryLater(self.partner, "away")
        return list(self.told)


async def test_publications_come_from_the_partners_and_names_from_the_file(clock: FixedClock) -> None:
    partners = {"delivery": Shelf("delivery", clock), "app_store": PretendedPartner("app_store", clock)}
    catalogue = await load_catalogue(NAMES, partners)
    assert [p.id for p in catalogue.publications] == ["hbr"]
    assert "zinio" in [app.id for app in catalogue.apps]


async def test_with_the_partner_away_what_it_told_last_is_known(clock: FixedClock, tmp_path: Path) -> None:
    kept, shelf = tmp_path / "catalogue.json", Shelf("delivery", clock)
    await load_catalogue(NAMES, {"delivery": shelf}, kept)
    shelf.told = None
    assert (await load_catalogue(NAMES, {"delivery": shelf}, kept)).publications == (HBR,)


async def test_away_at_the_first_start_there_are_none_yet(clock: FixedClock, tmp_path: Path) -> None:
    shelf = Shelf("delivery", clock)
    shelf.told = None
    assert (await load_catalogue(NAMES, {"delivery": shelf}, tmp_path / "catalogue.json")).publications == ()
    assert load_kept(tmp_path / "catalogue.json") == []


def test_what_the_file_says_of_a_publication_holds() -> None:
    ours = HBR.model_copy(update={"title": "HBR, ours"})
    written = load_names(NAMES).model_copy(update={"publications": (ours,)})
    assert join_publications(written, [HBR]).publications == (ours,)
