"""Runs the Lua scripts of a package, one file per operation, on a single server as well as on a cluster."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from redis import exceptions as driver

from service_kit.redis_client import StoreClient
from service_kit.replication import wait_for_replicas
from service_kit.store_errors import lost_connection, store_errors
from service_kit.telemetry import spans

Argument: TypeAlias = str | bytes | int | float

_RETRIABLE: Final = (
    driver.ConnectionError,
    driver.TimeoutError,
    driver.ClusterError,  # CLUSTERDOWN, redirected too often
    driver.SlotNotCoveredError,
    driver.AskError,  # MOVED too
    driver.TryAgainError,
)
_HOPELESS: Final = (
    driver.BusyLoadingError,
    driver.MaxConnectionsError,
    driver.AuthenticationError,
    driver.AuthorizationError,
)
"""Kinds of ConnectionError that a second attempt meets again."""
_PAUSE: Final = 0.05
"""Seconds before the second attempt: a slot that is just moving needs a moment."""


@dataclass(frozen=True, slots=True)
class _Script:
    text: str
    sha: str


class Scripts:
    """The scripts ``lua/*.lua`` of one Python package.

    Files whose names begin with ``_`` hold shared functions: their text, this package's own first and then in the order
    of their names, is put before that of every script.
    """

    def __init__(self, client: StoreClient, package: str, replicas: int = 0) -> None:
        """Reads the scripts.

        Args:
            client: where they run.
            package: whose they are.
            replicas: how many replicas must have what a script wrote before it counts as done.

        Raises:
            LookupError: the package holds no script.
        """
        self._client = client
        self._replicas = replicas
        self._scripts = MappingProxyType(_read(package))
        if not self._scripts:
            raise LookupError(f"{package} has no lua/*.lua")

    async def run(
        self,
        name: str,
        keys: Sequence[str | bytes],
        args: Sequence[Argument] = (),
        *,
        retry_once: bool = False,
    ) -> Any:
        """Runs the script ``name`` and returns its answer as redis-py gives it (bytes, int, list, None).

        Args:
            name: the file's name without ``.lua``.
            keys: every key the script touches, all in one slot; at least one, since it decides the cluster's node.
            args: ARGV.
            retry_once: the script is an idempotent write (it knows its request_id): after an error that leaves open
                whether it ran, it is run once more, and replicas are waited for.

        Raises:
            StoreUnavailable: see ``store_errors``; also when too few replicas have what was written.
            ScriptRefused: the script said no.
            LookupError: there is no such script.
            ValueError: no key is given.
        """
        if name not in self._scripts:
            raise LookupError(f"there is no script {name!r}, only {', '.join(sorted(self._scripts))}")
        if not keys:
            raise ValueError(f"the script {name!r} needs at least one key")
        script = self._scripts[name]
        with spans.current.get().span(f"store {name}"), store_errors():
            answer = await self._evaluate_twice(script, keys, args, retry_once)
            if retry_once and self._replicas:
                await wait_for_replicas(self._client, _text(keys[0]), self._replicas)
            return answer

    async def _evaluate_twice(
        self, script: _Script, keys: Sequence[str | bytes], args: Sequence[Argument], retry_once: bool
    ) -> Any:
        try:
            return await self._evaluate(script, keys, args)
        except _RETRIABLE as error:
            if not retry_once or isinstance(error, _HOPELESS):
                raise
        await asyncio.sleep(_PAUSE)
        return await self._evaluate(script, keys, args)

    async def _evaluate(self, script: _Script, keys: Sequence[str | bytes], args: Sequence[Argument]) -> Any:
        call = (len(keys), *keys, *args)
        try:
            return await self._client.execute_command("EVALSHA", script.sha, *call)
        except RuntimeError as error:
            if lost := lost_connection(error):
                raise lost from error
            raise
        except driver.NoScriptError:
            # A server that was restarted, promoted or joined: SCRIPT LOAD is not replicated, EVAL caches the text.
            return await self._client.execute_command("EVAL", script.text, *call)


def _text(key: str | bytes) -> str:
    return key.decode() if isinstance(key, bytes) else key


def _read(package: str) -> dict[str, _Script]:
    ours, texts = _texts("service_kit"), _texts(package)
    shared = "\n".join(all_[name] for all_ in (ours, texts) for name in sorted(all_) if name.startswith("_"))
    full = {name: f"{shared}\n{text}" for name, text in texts.items() if not name.startswith("_")}
    # SHA-1 is the name the server gives to a script, not a protection.
    return {
        name: _Script(text, hashlib.sha1(text.encode("utf-8"), usedforsecurity=False).hexdigest())
        for name, text in full.items()
    }


def _texts(package: str) -> dict[str, str]:
    folder = resources.files(package) / "lua"
    return {
        file.name.removesuffix(".lua"): file.read_text(encoding="utf-8")
        for file in (folder.iterdir() if folder.is_dir() else ())
        if file.name.endswith(".lua")
    }
