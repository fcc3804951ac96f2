"""The licence server's answers, as EDRLab's server writes them."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.delivery_licences import Licence, find_status
from connectors.sandbox.delivery_shelf import SAMPLE
from connectors.sandbox.seed import Issue

LICENCE_TYPE = "application/vnd.readium.lcp.license.v1.0+json"
STATUS_TYPE = "application/vnd.readium.license.status.v1.0+json"
PROVIDER = "https://publisher.example"
BASIC_PROFILE = "http://readium.org/lcp/basic-profile"


def stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def to_row(licence: Licence) -> dict[str, Any]:
    """/licenseinfo: members of the database layer in capitals; what is not set is left out."""
    optional = {
        "updated": stamp(licence.updated_at),
        "start": stamp(licence.start),
        "end": stamp(licence.end),
        "max_end": stamp(licence.max_end),
        "status_updated": stamp(licence.status_updated_at),
    }
    return {
        "ID": licence.number,
        "CreatedAt": stamp(licence.issued_at),
        "UpdatedAt": stamp(licence.changed_at),
        "DeletedAt": None,
        "uuid": licence.id,
        "provider": PROVIDER,
        "user_id": licence.user,
        "copy": -1,
        "print": -1,
        "status": licence.status,
        "device_count": licence.device_count,
        "publication_id": licence.publication,
        **{name: value for name, value in optional.items() if value},
    }


def to_events(licence: Licence) -> list[dict[str, Any]]:
    return [
        {"timestamp": stamp(event.timestamp), "type": event.type, "name": event.name, "id": event.id}
        for event in licence.events
    ]


def to_status_document(licence: Licence, base: str, now: datetime) -> dict[str, Any]:
    status = find_status(licence, now)
    updated = licence.updated_at or licence.issued_at
    document = {
        "id": licence.id,
        "status": status,
        "message": f"The license is in {status} state",
        "updated": {"license": stamp(updated), "status": stamp(licence.status_updated_at or updated)},
        "links": _to_links(licence, base),
    }
    if licence.is_open() and licence.max_end:
        document["potential_rights"] = {"end": stamp(licence.max_end)}
    events = to_events(licence)
    return {**document, "events": events} if events else document


def _to_links(licence: Licence, base: str) -> list[dict[str, Any]]:
    def action(rel: str, template: str) -> dict[str, Any]:
        return {"rel": rel, "href": f"{base}/{rel}/{licence.id}{template}", "type": STATUS_TYPE, "templated": True}

    return [
        {"rel": "license", "href": f"{base}/licenses/{licence.id}", "type": LICENCE_TYPE},
        action("register", "{?id,name}"),
        action("renew", "{?end,id,name}"),
        action("return", "{?id,name}"),
    ]


def to_licence_document(
    licence: Licence, publication: dict[str, Any], base: str, order: dict[str, Any]
) -> dict[str, Any]:
    """The .lcpl. Its keys and signature have the right form, and open nothing."""
    pass_hash = bytes.fromhex(order["pass_hash"])
    rights = {"start": stamp(licence.start), "end": stamp(licence.end)}
    user = {"id": licence.user, "name": order.get("user_name"), "email": order.get("user_email")}
    return {
        "provider": PROVIDER,
        "id": licence.id,
        "issued": stamp(licence.issued_at),
        **({"updated": stamp(licence.updated_at)} if licence.updated_at else {}),
        "encryption": {
            "profile": order.get("profile") or BASIC_PROFILE,
            "content_key": {
                "algorithm": "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
                "encrypted_value": _seal(pass_hash, publication["uuid"]),
            },
            "user_key": {
                "algorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
                "text_hint": order["text_hint"],
                "key_check": _seal(pass_hash, licence.id),
            },
        },
        "links": [
            {"rel": "publication", "href": publication["href"], "type": publication["content_type"]},
            {"rel": "status", "href": f"{base}/status/{licence.id}", "type": STATUS_TYPE},
            {"rel": "hint", "href": f"{PROVIDER}/hint", "type": "text/html"},
        ],
        "user": {name: value for name, value in user.items() if value},
        "rights": {name: value for name, value in rights.items() if value},
        "signature": {
            "algorithm": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            "certificate": _seal(b"sandbox", "certificate"),
            "value": _seal(b"sandbox", licence.id),
        },
    }


def to_publication(issue: Issue, title: str, number: int) -> dict[str, Any]:
    alt_id = f"urn:x-issue:{issue.publication}:{issue.issue}"
    return _to_publication_row(issue.identifier, alt_id, f"{title} {issue.issue}", number, issue.published_at)


def to_sample(at: datetime) -> dict[str, Any]:
    return _to_publication_row(SAMPLE, "sample", "Welcome to your reader", 1, at)


def _to_publication_row(identifier: str, alt_id: str, title: str, number: int, at: datetime) -> dict[str, Any]:
    return {
        "ID": number,
        "CreatedAt": stamp(at),
        "UpdatedAt": stamp(at),
        "DeletedAt": None,
        "uuid": identifier,
        "alt_id": alt_id,
        "provider": PROVIDER,
        "title": title,
        "encryption_key": _seal(b"sandbox", identifier),
        "href": f"{PROVIDER}/files/{identifier}.lcpdf",
        "content_type": "application/pdf+lcp",
        "size": 10_000_000,
        "checksum": _seal(b"checksum", identifier),
    }


def _seal(key: bytes, text: str) -> str:
    return base64.b64encode(hashlib.sha256(key + text.encode()).digest()).decode()
