"""Races that happen for certain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from service_kit.redis_client import StoreClient


def before_next_script(
    client: StoreClient, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[object]]
) -> None:
    """Has something happen between a write's reads and its script, once."""
    execute = client.execute_command
    waiting = [act]

    async def run(*args: Any, **options: Any) -> Any:
        if args[0] in ("EVALSHA", "EVAL") and waiting:
            await waiting.pop()()
        return await execute(*args, **options)

    monkeypatch.setattr(client, "execute_command", run)
