"""A licence and what may be done to it, by the rules of EDRLab's licence server. Pure: `now` comes in."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

ERROR = "http://readium.org/license-status-document/error/"
RENEW_DAYS = 7
RENEW_MOST_DAYS = 30


class Problem(Exception):
    """A problem detail as the server answers it: `type` and `title` always, never `status`."""

    def __init__(self, http_status: int, kind: str, title: str, detail: str = "") -> None:
        self.http_status = http_status
        self.body = {"type": ERROR + kind if kind else "about:blank", "title": title, "detail": detail}
        super().__init__(detail or title)


class Device(BaseModel):
    id: str
    name: str


class LicenceEvent(BaseModel):
    type: str
    id: str
    name: str
    timestamp: datetime


class Licence(BaseModel):
    """`opens_at` is when the reader's app will register by itself, if nothing comes between. `ordered` says that
    it was made by POST /licenses/, not at publication. `item` is None for what is not an issue."""

    number: int
    id: str
    user: str
    publication: str
    item: str | None
    issued_at: datetime
    updated_at: datetime | None = None
    status: str = "ready"
    status_updated_at: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    max_end: datetime | None = None
    events: list[LicenceEvent] = []
    device: Device
    opens_at: datetime | None = None
    ordered: bool = False

    @property
    def device_count(self) -> int:
        return sum(event.type == "register" for event in self.events)

    @property
    def changed_at(self) -> datetime:
        return max(self.issued_at, self.updated_at or self.issued_at, self.status_updated_at or self.issued_at)

    def has_registered(self, device: Device) -> bool:
        return any(event.type == "register" and event.id == device.id for event in self.events)

    def is_open(self) -> bool:
        return self.status in ("ready", "active")

    def record(self, kind: str, device: Device, now: datetime) -> None:
        self.events.append(LicenceEvent(type=kind, id=device.id, name=device.name, timestamp=now))


def open_by_app(licence: Licence, now: datetime) -> None:
    """The reader's app registers when its time has come."""
    if licence.opens_at is None or now < licence.opens_at or not licence.is_open():
        return
    register(licence, licence.device, licence.opens_at)
    licence.opens_at = None


def register(licence: Licence, device: Device, now: datetime) -> None:
    if not licence.is_open():
        raise Problem(
            400, "registration", "Your device could not be registered properly.", "the licence is not ready or active"
        )
    if licence.has_registered(device):
        return
    licence.status = "active"
    licence.status_updated_at = now
    licence.record("register", device, now)


def renew(licence: Licence, device: Device, until: datetime | None, now: datetime) -> None:
    """What is asked beyond `max_end` is cut down to it, without a word."""
    _check_lent(licence, device, now, "renew", "Your publication could not be renewed properly.")
    asked = until or now + timedelta(days=RENEW_DAYS)
    licence.end = min(asked, licence.max_end) if licence.max_end else asked
    licence.updated_at = now
    licence.record("renew", device, now)


def give_back(licence: Licence, device: Device, now: datetime) -> None:
    _check_lent(licence, device, now, "return", "Your publication could not be returned properly.")
    _end(licence, "returned", now)
    licence.record("return", device, now)


def revoke(licence: Licence, now: datetime) -> None:
    """Not an error when it is already so. What was returned can be revoked too."""
    if licence.status in ("revoked", "cancelled"):
        return
    was_ready = licence.status == "ready"
    _end(licence, "cancelled" if was_ready else "revoked", now)
    licence.record("cancel" if was_ready else "revoke", Device(id="admin", name="system"), now)


def find_status(licence: Licence, now: datetime) -> str:
    """The status document's word: the stored one does not know that time has passed."""
    is_past = licence.end is not None and now > licence.end
    return "expired" if licence.is_open() and is_past else licence.status


def _end(licence: Licence, status: str, now: datetime) -> None:
    licence.status = status
    licence.end = licence.updated_at = licence.status_updated_at = now
    licence.opens_at = None


def _check_lent(licence: Licence, device: Device, now: datetime, kind: str, title: str) -> None:
    wrong = ""
    if licence.end is None:
        wrong = "the licence has no end"
    elif find_status(licence, now) == "expired":
        wrong = f"the licence expired on {licence.end:%Y-%m-%d}"
    elif licence.status != "active":
        wrong = "the licence is not active"
    elif not licence.has_registered(device):
        wrong = "this device has not registered"
    if wrong:
        raise Problem(400, kind, title, wrong)
