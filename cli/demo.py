"""The staff user of `luotsi up`: who logs in, and the token for scripts. The one seam to the hub for this."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DemoLogin:
    """`totp_secret` is empty where the second factor is not asked for."""

    email: str
    password: str
    token: str
    totp_secret: str = ""


async def open_demo_login(database_url: str, data_dir: Path) -> DemoLogin | None:
    """The same one at every start; None until the hub can make one."""
    return None
