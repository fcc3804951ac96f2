"""What the licence server and the feed say, as they say it. Unknown members and unknown statuses are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    model_validator,
)


def _as_list(value: Any) -> Any:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _as_named(value: Any) -> Any:
    return [{"name": each} if isinstance(each, str) else each for each in _as_list(value)]


def _as_values(value: Any) -> Any:
    return [each.get("value", "") if isinstance(each, dict) else each for each in _as_list(value)]


def _as_text(value: Any) -> Any:
    """A language map gives its first text."""
    return next(iter(value.values()), "") if isinstance(value, dict) else value


def _as_aware(value: datetime) -> datetime:
    """OPDS allows a date alone."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_as_aware)]
Text = Annotated[str, BeforeValidator(_as_text)]
Words = Annotated[list[str], BeforeValidator(_as_list)]


class Wire(BaseModel):
    """`raw` is what was received, untouched, for evidence."""

    model_config = ConfigDict(extra="allow", frozen=True)
    _raw: Any = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_raw(cls, raw: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        model = handler(raw)
        model._raw = raw
        return model

    @property
    def raw(self) -> Any:
        return self._raw


# Licence server (EDRLab). Members in capitals come from its database layer.


class License(Wire):
    """A row of /licenseinfo. `status` is as stored: a licence past its end still says `active` here."""

    number: int = Field(alias="ID")
    created_at: Moment = Field(alias="CreatedAt")
    row_updated_at: Moment | None = Field(default=None, alias="UpdatedAt")
    updated: Moment | None = None
    status_updated: Moment | None = None
    uuid: str
    user_id: str
    publication_id: str
    status: str
    device_count: int = 0
    end: Moment | None = None
    max_end: Moment | None = None


class LicenseEvent(Wire):
    """The specification says `id` and `name`; some versions of the server say `device_id` and `device_name`."""

    type: str
    timestamp: Moment
    device_id: str = Field(default="", validation_alias=AliasChoices("id", "device_id"))
    device_name: str = Field(default="", validation_alias=AliasChoices("name", "device_name"))


class Updated(Wire):
    license: Moment
    status: Moment


class StatusDocument(Wire):
    """`events` is None where the server left it out, as it does when there are none."""

    id: str
    status: str
    updated: Updated
    events: list[LicenseEvent] | None = None


class LicenseDocument(Wire):
    id: str
    issued: Moment


class Publication(Wire):
    uuid: str
    title: str = ""
    alt_id: str = ""


class Problem(Wire):
    type: str = "about:blank"
    title: str = ""
    detail: str = ""


# Feed (OPDS 2.0)


class Link(Wire):
    href: str
    rel: Words = Field(default_factory=list)
    title: Text = ""
    templated: bool = False
    properties: dict[str, Any] = Field(default_factory=dict)


class Series(Wire):
    """`aliases` and `frequency` are the publisher's own extension."""

    name: Text
    identifier: str = ""
    aliases: list[str] = Field(default_factory=list)
    frequency: str = "monthly"


class BelongsTo(Wire):
    series: Annotated[list[Series], BeforeValidator(_as_named)] = Field(default_factory=list)


class Contributor(Wire):
    name: Text
    identifier: str = ""


class Metadata(Wire):
    title: Text
    identifier: str = ""
    alt_identifiers: Annotated[list[str], BeforeValidator(_as_values)] = Field(
        default_factory=list, alias="altIdentifier"
    )
    published: Moment | None = None
    language: Words = Field(default_factory=list)
    publisher: Annotated[list[Contributor], BeforeValidator(_as_named)] = Field(default_factory=list)
    belongs_to: BelongsTo = Field(default_factory=BelongsTo, alias="belongsTo")


class FeedPublication(Wire):
    metadata: Metadata
    links: list[Link]


class Feed(Wire):
    """A feed must have at least one of its three collections; we read the first two."""

    metadata: Metadata
    links: list[Link]
    navigation: list[Link] | None = None
    publications: list[FeedPublication] | None = None
    groups: list[Any] | None = None

    @model_validator(mode="after")
    def _check_collections(self) -> Self:
        if self.navigation is None and self.publications is None and self.groups is None:
            raise ValueError("a feed has navigation, publications or groups")
        return self

    def find_link(self, rel: str) -> str | None:
        return next((link.href for link in self.links if rel in link.rel), None)
