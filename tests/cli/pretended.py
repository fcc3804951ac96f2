"""Stands in for our own commands under `luotsi up`: listens where it is told to, and little else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    body = json.dumps(
        {name: value for name, value in os.environ.items() if name.startswith("LUOTSI_")} | {"pid": os.getpid()}
    )
    writer.write(f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    writer.close()


async def listen(ports: list[int]) -> None:
    servers = [await asyncio.start_server(answer, "127.0.0.1", port) for port in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def say_and_end(*_: object) -> None:
    print("bye", flush=True)
    os._exit(0)


def main(command: str, arguments: list[str]) -> None:
    signal.signal(signal.SIGTERM, say_and_end)
    print("this is", command, flush=True)
    if command == "sandbox":
        folder = Path(arguments[arguments.index("--data-dir") + 1]) / "sandbox"
        folder.mkdir(exist_ok=True)
        (folder / "env").write_text("LUOTSI_DELIVERY_PASSWORD='x'\nLUOTSI_APP_STORE_KEY_ID='sandbox'\n")
        asyncio.run(listen([int(text.partition("=")[2]) for text in arguments if "=" in text]))
    if command == "hub":
        asyncio.run(listen([int(os.environ["LUOTSI_HTTP_PORT"]), int(os.environ["LUOTSI_SMTP_PORT"])]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
