"""The publisher's feed as evidence: which titles there are, which issues were published and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urljoin

from connectors.delivery import mapping
from connectors.delivery.client import FeedReader
from connectors.delivery.mapping import FeedIssue, FeedLook
from hub.ports import Publication


class Catalogue:
    def __init__(self, feed: FeedReader) -> None:
        self.feed = feed

    async def look_for(self, item: str) -> FeedLook:
        publication = item.partition("/")[0]
        issues = await self._read_issues(publication, lambda seen: any(issue.item == item for issue in seen))
        return FeedLook(found=None, title_known=False) if issues is None else mapping.to_look(item, issues)

    async def find_current(self, publication: str, by: datetime) -> tuple[str, FeedIssue | None] | None:
        """The item that is due by then, and what the feed has of it."""
        issues = await self._read_issues(publication, lambda seen: mapping.find_latest(seen, by) is not None)
        return mapping.find_current(issues or [], by)

    async def list_publications(self) -> list[Publication]:
        pages = await self.feed.read_pages(self.feed.url, mapping.has_every_title)
        return mapping.to_publications(mapping.list_entries(pages))

    async def _read_issues(
        self, publication: str, is_enough: Callable[[list[FeedIssue]], bool]
    ) -> list[FeedIssue] | None:
        """From the title's own feed, or from the whole one where titles have none. None: no such title."""
        titles = mapping.list_titles(await self.feed.fetch_feed(self.feed.url))
        if titles and publication not in titles:
            return None
        url = urljoin(self.feed.url, titles.get(publication, ""))
        pages = await self.feed.read_pages(url, lambda seen: is_enough(mapping.list_issues(seen, publication)))
        return mapping.list_issues(pages, publication)
