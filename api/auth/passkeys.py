"""Passkeys as the second factor (WebAuthn): added by someone who is signed in, used after the password."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from fastapi import APIRouter, Form
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.responses import JSONResponse, Response
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor

from api.auth.visit import Visit, Visiting, go_to, to_local
from api.pages import render
from api.problem_details import NotSignedIn
from api.services import Services
from hub.errors import NotAllowed, NotFound
from hub.ports import Value
from hub.tables import Passkey

router = APIRouter(include_in_schema=False)


class NewPasskey(Value):
    """`credential` is what the browser's `toJSON()` gives."""

    credential: dict[str, Any]
    label: str = Field(default="", max_length=80)


class Use(Value):
    credential: dict[str, Any]
    next: str = "/"


@router.get("/passkeys")
async def show_passkeys(visit: Visiting) -> Response:
    _check_whole(visit)
    mine = await _list(visit.session, visit.row.person_id)
    return render(visit.request, "passkeys.html", person=visit.person, passkeys=mine, csrf=visit.row.csrf)


@router.post("/passkeys/options")
async def offer_registration(visit: Visiting) -> Response:
    _check_whole(visit)
    options = generate_registration_options(
        rp_id=_party(visit.services),
        rp_name="Luotsi",
        user_id=str(visit.row.person_id).encode(),
        user_name=visit.person.email,
        user_display_name=visit.person.name,
        exclude_credentials=_describe(await _list(visit.session, visit.row.person_id)),
    )
    return _ask(visit, options.challenge, options_to_json(options))


@router.post("/passkeys", status_code=201)
async def add_passkey(visit: Visiting, new: NewPasskey) -> Response:
    _check_whole(visit)
    try:
        verified = verify_registration_response(
            credential=new.credential,
            expected_challenge=_spend_challenge(visit),
            expected_rp_id=_party(visit.services),
            expected_origin=_origin(visit.services),
        )
    except WebAuthnException as error:
        raise NotAllowed(f"this passkey cannot be added: {error}") from error
    row = Passkey(
        person_id=visit.row.person_id,
        credential=bytes_to_base64url(verified.credential_id),
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        label=new.label,
        created_at=visit.now,
    )
    visit.session.add(row)
    await visit.session.flush()
    return JSONResponse({"to": "/passkeys"}, 201)


@router.post("/passkeys/remove")
async def remove_passkey(visit: Visiting, id: Annotated[int, Form()]) -> Response:
    """The last second factor stays."""
    _check_whole(visit)
    mine = await _list(visit.session, visit.row.person_id)
    if id not in [key.id for key in mine]:
        raise NotFound("no such passkey")
    if len(mine) == 1 and not visit.person.totp_secret:
        raise NotAllowed("this is your only second factor")
    await visit.session.execute(sa.delete(Passkey).where(col(Passkey.id) == id))
    return go_to("/passkeys")


@router.post("/sign-in/passkey/options")
async def offer_sign_in(visit: Visiting) -> Response:
    mine = await _list(visit.session, visit.row.person_id)
    if not mine:
        raise NotFound("there is no passkey yet")
    options = generate_authentication_options(rp_id=_party(visit.services), allow_credentials=_describe(mine))
    return _ask(visit, options.challenge, options_to_json(options))


@router.post("/sign-in/passkey")
async def sign_in_with_passkey(visit: Visiting, use: Use) -> Response:
    await visit.spend_try()
    mine = await _list(visit.session, visit.row.person_id)
    key = next((k for k in mine if k.credential == use.credential.get("id")), None)
    if key is None:
        raise NotAllowed("this passkey is not known here")
    try:
        verified = verify_authentication_response(
            credential=use.credential,
            expected_challenge=_spend_challenge(visit),
            expected_rp_id=_party(visit.services),
            expected_origin=_origin(visit.services),
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
        )
    except WebAuthnException as error:
        raise NotAllowed(f"this passkey does not hold: {error}") from error
    key.sign_count = verified.new_sign_count
    let_in = await visit.let_in()
    answer = JSONResponse({"to": to_local(use.next)})
    answer.raw_headers.extend(h for h in let_in.raw_headers if h[0] == b"set-cookie")
    return answer


async def _list(session: AsyncSession, person_id: int) -> list[Passkey]:
    return list(await session.scalars(sa.select(Passkey).filter_by(person_id=person_id).order_by(col(Passkey.id))))


def _describe(keys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential)) for key in keys]


def _check_whole(visit: Visit) -> None:
    if visit.row.second_factor_at is None:
        raise NotSignedIn("the second factor is missing")


def _ask(visit: Visit, challenge: bytes, options: str) -> Response:
    visit.row.challenge = bytes_to_base64url(challenge)
    return JSONResponse(json.loads(options))


def _spend_challenge(visit: Visit) -> bytes:
    """Good for one right answer, within one session."""
    challenge, visit.row.challenge = visit.row.challenge, ""
    if not challenge:
        raise NotAllowed("ask for a challenge first")
    return base64url_to_bytes(challenge)


def _party(services: Services) -> str:
    return urlsplit(services.house.public_url).hostname or ""


def _origin(services: Services) -> str:
    parts = urlsplit(services.house.public_url)
    return f"{parts.scheme}://{parts.netloc}"
