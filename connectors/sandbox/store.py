"""A sandbox partner's memory: one pydantic model, kept in a file so that it outlives the process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

S = TypeVar("S", bound=BaseModel)


class Store(Generic[S]):
    """`state` is changed in place, then `save()` writes it whole: a killed sandbox loses nothing it answered for."""

    def __init__(self, fresh: S, path: Path | None = None) -> None:
        self.path = path
        if path is not None and path.exists():
            self.state: S = type(fresh).model_validate_json(path.read_bytes())
        else:
            self.state = fresh

    def save(self) -> None:
        if self.path is None:
            return
        aside = self.path.with_suffix(".tmp")
        with aside.open("w", encoding="utf-8") as file:
            file.write(self.state.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.path)
