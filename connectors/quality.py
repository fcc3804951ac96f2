"""The quality claims of each connector's manifest: which level it has reached, what is missing, what is not so.

`python -m connectors.quality` prints them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.errors import InvalidInput
from hub.ports import Capability, RemedyMode

HERE = Path(__file__).parent


class Level(StrEnum):
    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


CLAIMS: dict[Level, tuple[str, ...]] = {
    Level.BRONZE: (
        "manifest",
        "keeper named",
        "typed settings",
        "check before use",
        "wire typed",
        "errors mapped",
        "timeouts",
        "idempotent reads",
        "signatures verified",
        "sandbox present",
        "contract suite passes",
        "payloads scrubbed",
        "behaviour written",
    ),
    Level.SILVER: (
        "rate limit kept",
        "writes idempotent or read back",
        "resumes from a cursor",
        "logs once when down",
        "re-login works",
        "secrets redacted",
        "late and doubled events safe",
        "unknown status kept",
    ),
    Level.GOLD: (
        "pulled as well as pushed",
        "shape drift reported",
        "diagnostics page",
        "known limits written",
        "strict types",
    ),
}
LEVEL_OF = {claim: level for level, claims in CLAIMS.items() for claim in claims}
FILES = {
    "typed settings": "settings.py",
    "wire typed": "wire.py",
    "behaviour written": "BEHAVIOUR.md",
    "sandbox present": "../sandbox/{partner}.py",
    "contract suite passes": "../../tests/connectors/{partner}/test_contract.py",
}
WHY = "Why this matters"


class Claim(BaseModel):
    """`reason` is for `exempt` alone."""

    model_config = ConfigDict(frozen=True)

    state: str
    reason: str = ""

    @property
    def holds(self) -> bool:
        return self.state in ("done", "exempt")


class Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    partner: str
    title: str
    keeper: str
    supports: frozenset[Capability]
    links: tuple[str, ...]
    reasons: dict[str, tuple[str, ...]] = Field({}, description="by link, what it may give as why a link is not whole")
    remedies: dict[str, RemedyMode] = {}
    quality: dict[Level, dict[str, Any]] = Field(description="claims by level, each done, todo or exempt: reason")

    @field_validator("quality")
    @classmethod
    def _name_claims_alike(cls, quality: dict[Level, dict[str, Any]]) -> dict[Level, dict[str, Any]]:
        return {level: {to_name(name): told for name, told in claims.items()} for level, claims in quality.items()}

    @property
    def claims(self) -> dict[str, Claim | None]:
        """All that are claimed, None for one that is neither done, todo nor exempt with a reason."""
        return {name: to_claim(told) for claims in self.quality.values() for name, told in claims.items()}


@dataclass(frozen=True)
class Quality:
    """`missing` are the claims still todo on the way to gold; `wrong` is what the manifest says amiss."""

    partner: str
    level: Level
    missing: tuple[str, ...]
    wrong: tuple[str, ...]


def list_manifests(root: Path = HERE) -> list[Path]:
    return sorted(root.glob("*/manifest.yaml"))


def read_manifest(path: Path) -> Manifest:
    """InvalidInput says where the file is wrong."""
    try:
        return Manifest.model_validate(YAML(typ="safe").load(path.read_text("utf-8")))
    except YAMLError as error:
        raise InvalidInput(f"{path}: {error}") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InvalidInput(f"{path}: {'; '.join(faults)}") from error


def to_name(written: str) -> str:
    """`keeper_named` is `keeper named`, and `re_login_works` is `re-login works`; an unknown one stays as it is."""
    return NAMES.get(_plain(written), written)


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().lower()


def to_claim(told: Any) -> Claim | None:
    """`done`, `todo`, `exempt: reason`; the last as text or as YAML's own mapping."""
    if isinstance(told, Mapping) and set(told) == {"exempt"}:
        told = f"exempt: {told['exempt'] or ''}"
    if told in ("done", "todo"):
        return Claim(state=told)
    exempt = re.fullmatch(r"exempt:\s*(\S.*)", told.strip(), re.DOTALL) if isinstance(told, str) else None
    return Claim(state="exempt", reason=exempt[1]) if exempt else None


def check_quality(path: Path) -> Quality:
    manifest = read_manifest(path)
    claims = manifest.claims
    holding = {name for name, claim in claims.items() if claim and claim.holds}
    return Quality(
        partner=manifest.partner,
        level=find_level(holding),
        missing=tuple(name for name in LEVEL_OF if name not in holding),
        wrong=(*find_misstated(manifest), *find_gainsaid(manifest, holding, path.parent)),
    )


def find_level(holding: set[str]) -> Level:
    """The highest level all of whose claims hold, with those below it."""
    reached = Level.NONE
    for level, claims in CLAIMS.items():
        if not holding.issuperset(claims):
            return reached
        reached = level
    return reached


def find_misstated(manifest: Manifest) -> list[str]:
    claims = manifest.claims
    unanswered = [f"{name}: not answered" for name in LEVEL_OF if name not in claims]
    unclear = [f"{name}: neither done, todo nor exempt: reason" for name, claim in claims.items() if claim is None]
    misplaced = [
        f"{name}: not a claim of {level}"
        for level, told in manifest.quality.items()
        for name in told
        if LEVEL_OF.get(name) != level
    ]
    return unanswered + unclear + misplaced


def find_gainsaid(manifest: Manifest, holding: set[str], folder: Path) -> list[str]:
    """Claims that the folder itself shows not to be so."""
    files = {claim: folder / name.format(partner=manifest.partner) for claim, name in FILES.items()}
    absent = [
        f"{claim}: there is no {file.name}" for claim, file in files.items() if claim in holding and not file.exists()
    ]
    named = [] if manifest.keeper.strip() else ["keeper named: nobody is"]
    placed = [] if manifest.partner == folder.name else [f"partner: the folder is {folder.name}"]
    return absent + named + placed + _find_unreasoned(folder / "BEHAVIOUR.md")


def _find_unreasoned(behaviour: Path) -> list[str]:
    """The sections of BEHAVIOUR.md whose last paragraph does not say why they matter."""
    if not behaviour.exists():
        return []
    sections = re.split(r"^##+ ", behaviour.read_text("utf-8"), flags=re.MULTILINE)[1:]
    amiss = [section.splitlines()[0] for section in sections if WHY not in _last_paragraph(section)]
    return [f"behaviour written: {title!r} does not end on why it matters" for title in amiss]


def _last_paragraph(section: str) -> str:
    return " ".join(section.strip().split("\n\n")[-1].split())


def report(root: Path = HERE) -> str:
    lines = []
    for quality in map(check_quality, list_manifests(root)):
        lines.append(f"{quality.partner}: {quality.level}")
        lines += [f"  todo   {name}" for name in quality.missing]
        lines += [f"  wrong  {fault}" for fault in quality.wrong]
    return "\n".join(lines)


NAMES = {_plain(claim): claim for claim in LEVEL_OF}

if __name__ == "__main__":
    print(report())
