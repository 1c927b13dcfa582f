"""What a call costs before its handler begins: who calls, whether there is room, quotas, time limits, TLS."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import uvloop

from bench.row import Figure, Must, Row
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest
from service_kit import auth
from service_kit.interceptor import CallInterceptor, CallPolicy
from service_kit.quota import CorpQuota
from service_kit.server_settings import TlsSettings
from service_kit.tls import server_credentials
from service_kit.watched import Watched
from support import issuer
from support.certificates import Identity, issue
from support.valkey import LOOPBACK

_METHOD = "/bench.Bench/Call"
_CALLS, _IN_FLIGHT, _PASSES = 2_000, 32, 5
"""A cost is the least of so many passes, since other processes only ever add to it."""
_LOOKS = 20_000
_STATIC = "gg_static"
_REQUEST = GetRuleRequest(corp_id="ww1", rule_id="x").SerializeToString()

Call = Callable[[], Awaitable[Any]]


async def _empty(request: GetRuleRequest, context: Any) -> Rule:
    return Rule()


class _Servers:
    """The same empty handler behind more and more."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._identity: Identity = issue(folder)
        keys = issuer.write_key_set(folder / "jwks.json")
        who = auth.Issuer(issuer.NAME, issuer.AUDIENCE)
        viewer = auth.Caller("crm", {"ww1": frozenset({auth.Role("viewer")})})
        static = auth.Tokens([(sha256(_STATIC.encode()).hexdigest(), viewer)])
        self.tokens = auth.BearerTokens(
            Watched([keys], lambda: static), Watched([keys], lambda: auth.SignedTokens.read(keys, who))
        )

    async def start(self, *, guarded: bool, token: str = "", tls: bool = False) -> Call:
        """Starts one and returns what calls it."""
        policy = CallPolicy(
            {_METHOD: frozenset({"viewer"})}, self.tokens, 10, 0, quota=CorpQuota(1_000_000, 1_000_000)
        )
        interceptors = [CallInterceptor(policy)] if guarded else []
        server = grpc.aio.server(interceptors=interceptors, options=[("grpc.so_reuseport", 0)])
        handler = grpc.unary_unary_rpc_method_handler(
            _empty, GetRuleRequest.FromString, Rule.SerializeToString
        )
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("bench.Bench", {"Call": handler}),)
        )
        settings = TlsSettings(self._identity.certificate, self._identity.key, None)
        credentials = server_credentials(settings) if tls else None
        address = f"{LOOPBACK}:0"
        port = (
            server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
        )
        await server.start()
        self._stack.push_async_callback(server.stop, 0)
        target = f"{LOOPBACK}:{port}"
        channel = (
            grpc.aio.secure_channel(target, self._identity.tls().credentials())
            if tls
            else grpc.aio.insecure_channel(target)
        )
        await self._stack.enter_async_context(channel)
        method: Any = channel.unary_unary(_METHOD)
        metadata = [("authorization", f"Bearer {token}")] if token else None
        return lambda: method(_REQUEST, metadata=metadata)


async def _costs(folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    async with AsyncExitStack() as stack:
        servers = _Servers(folder, stack)
        calls = {
            "an empty handler, nothing around it": await servers.start(guarded=False, token=_STATIC),
            "with all limits, a static token": await servers.start(guarded=True, token=_STATIC),
            "with all limits, a JWT": await servers.start(guarded=True, token=issuer.sign()),
            "with all limits, a JWT, TLS": await servers.start(guarded=True, token=issuer.sign(), tls=True),
        }
        least = dict.fromkeys(calls, float("inf"))
        for _ in range(_PASSES):
            for name, call in calls.items():
                least[name] = min(least[name], await _pass(call))
        return least, _looks(servers.tokens)


async def _pass(call: Call) -> float:
    """Returns the processor time of a call, client and server together."""

    async def some() -> None:
        for _ in range(_CALLS // _IN_FLIGHT):
            await call()

    begun = time.process_time()
    await asyncio.gather(*(some() for _ in range(_IN_FLIGHT)))
    return (time.process_time() - begun) / (_CALLS // _IN_FLIGHT * _IN_FLIGHT)


def _looks(tokens: auth.BearerTokens) -> dict[str, float]:
    """Returns what it takes to know a caller, the first time and later."""
    first = [f"Bearer {issuer.sign(sub=str(number))}" for number in range(200)]
    begun = time.perf_counter()
    for header in first:
        tokens.caller(header)
    verified = (time.perf_counter() - begun) / len(first)
    begun = time.perf_counter()
    for _ in range(_LOOKS):
        tokens.caller(first[0])
    return {"a JWT, the first time": verified, "a JWT, later": (time.perf_counter() - begun) / _LOOKS}


def _measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        costs, looks = runner.run(_costs(Path(name)))
    yield from _figures(costs)
    for what, seconds in looks.items():
        yield Figure("knowing who calls", what, seconds * 1e6, "µs")


def _figures(costs: Mapping[str, float]) -> Iterator[Figure]:
    part = f"a unary call, {_IN_FLIGHT} in flight, processor time of both sides"
    bare = None
    for name, cost in costs.items():
        bare = bare or cost
        yield Figure(part, name, cost * 1e6, "µs")
        if cost is not bare:
            yield Figure(
                part, f"{name}: against nothing", cost / bare, "×", None if "TLS" in name else Must(1.25)
            )


ROW = Row(
    name="calls",
    title="what stands around a handler",
    about=(
        "The same empty handler with nothing around it, and behind all that a server of ours does with a call: who calls, whether "
        "there is room, the corp's quota, roles, the longest time, a line of log that is sampled away. Client and servers are in "
        f"one process on uvloop; every server gets {_CALLS:,} calls in turn, {_PASSES} times, and its best pass counts."
    ),
    measure=_measure,
    packages=("grpcio", "protobuf", "uvloop", "pyjwt", "cryptography"),
)
