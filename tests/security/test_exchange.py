"""Tokens and keys are exchanged while all three services run, and nobody who holds a good one is ever refused."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import grpc
import grpc.aio
import pytest

from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import Addresses, AsyncGroupGuard, failure, text_message
from support import issuer
from support.secured import OWN, Secured, secured, tokens_document
from support.services import eventually
from support.valkey import LOOPBACK, short_folder


@pytest.fixture
def services() -> Iterator[Secured]:
    with short_folder() as folder:
        keys = issuer.write_key_set(folder / "jwks.json", issuer.public_jwk("ES256"))
        environment = {"GROUPGUARD_JWKS_FILE": str(keys), "GROUPGUARD_JWT_ISSUER": issuer.NAME}
        with secured({"old": {"*": ["checker"]}}, environment) as running:
            yield running


def client(services: Secured, token: str) -> AsyncGroupGuard:
    targets = {name: f"{LOOPBACK}:{it.port}" for name, it in services.suite.services.items()}
    return AsyncGroupGuard(Addresses(**targets), token=token, timeout=10)


async def verdict(gg: AsyncGroupGuard) -> str:
    """What comes of a check in a corp that was never asked for, so that its rules and lists must be asked for."""
    request = CheckMessageRequest(
        corp_id=f"ww{uuid.uuid4().hex}", message=text_message("wrShop", "wmCustomer", "你好")
    )
    try:
        skipped = (await gg.filter.CheckMessage(request)).verdict.not_evaluated
    except grpc.aio.AioRpcError as error:
        return failure(error).reason
    return "half" if skipped else "whole"


async def test_every_token_is_exchanged_under_load(services: Secured) -> None:
    """FilterService's own as well: first the servers know both, then the callers change, then the old ones go."""
    file, own = services.folder / "tokens.json", services.folder / "own"
    seen: list[str] = []
    stop = asyncio.Event()

    async def load(gg: AsyncGroupGuard) -> None:
        while not stop.is_set():
            seen.append(await verdict(gg))
            await asyncio.sleep(0.02)

    async with client(services, "old") as old, client(services, "new") as new:
        assert await verdict(new) == "UNAUTHENTICATED"
        loading = asyncio.create_task(load(old))
        known = {"old": {"*": ["checker"]}, OWN: {"*": ["service"]}}
        added = {"new": {"*": ["checker"]}, "filter's next": {"*": ["service"]}}
        file.write_text(tokens_document({**known, **added}), "utf-8")

        async def is_known() -> bool:
            return await verdict(new) == "whole" and services.log.count("changed files taken") == 3

        await eventually(is_known)
        own.write_text("filter's next\n", "utf-8")
        await eventually(lambda: _logged(services, own))
        stop.set()
        await loading
        assert set(seen) <= {"whole", "half"}
        assert seen.count("whole") > 0.9 * len(seen)  # a busy machine may be too late for a look at a list

        file.write_text(tokens_document(added), "utf-8")

        async def is_refused() -> bool:
            return await verdict(old) == "UNAUTHENTICATED"

        await eventually(is_refused)
        await eventually(lambda: _counted(services, 7))

        async def is_whole() -> bool:
            return await verdict(new) == "whole"

        await eventually(is_whole)


async def _logged(services: Secured, path: Path) -> bool:
    return any("taken" in line and str(path) in line for line in services.log.splitlines())


async def _counted(services: Secured, times: int) -> bool:
    """Three services took the first change of the tokens, one its own token, three the last change."""
    async with client(services, "new") as gg:
        await verdict(gg)
    return services.log.count("changed files taken") == times


async def test_a_jwt_is_taken_by_all_three_with_the_roles_it_states(services: Secured) -> None:
    async with client(services, issuer.sign(roles={"ww1": ["viewer"]}, sub="auditor")) as gg:
        await gg.rules.ListRules(pb.ListRulesRequest(corp_id="ww1"))
        assert await verdict(gg) == "PERMISSION_DENIED"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await gg.rules.ListRules(pb.ListRulesRequest(corp_id="ww2"))
        assert failure(caught.value).reason == "PERMISSION_DENIED"
    async with client(services, issuer.sign(roles={"*": ["checker"]})) as gg:
        assert await verdict(gg) == "whole"
    async with client(services, issuer.sign(which=1)) as gg:
        assert await verdict(gg) == "UNAUTHENTICATED"
    assert '"caller": "auditor"' in services.log
