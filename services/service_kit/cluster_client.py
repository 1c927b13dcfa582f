"""redis-py's client of a cluster, with what it gets wrong put right (as of 8.1)."""

from __future__ import annotations

from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster

_PRIMARY = "primary"


class Cluster(RedisCluster):
    """Copes with a layout that changes under load.

    - It reads the layout before the first command begins, and after one that failed. redis-py lets commands that arrive meanwhile
      begin at once, and then closes their connections.
    - While a slot moves, a node sends callers on to the next owner (ASK), which serves only those that say ASKING on the same
      connection. redis-py says it on any, and knows no node that has come since the layout was read.
    """

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        await self.initialize()
        return await super().execute_command(*args, **kwargs)

    def get_node(self, host: str | None = None, port: int | None = None, node_name: str | None = None) -> Any:
        """Returns a node; by its name, which is how redis-py looks for the next owner of a slot, one that is told ASKING."""
        found = super().get_node(host, port, node_name)
        if node_name is None:
            return found
        return _NextOwner(found or self._take_in(node_name))

    def _take_in(self, name: str) -> ClusterNode:
        host, _, port = name.rpartition(":")
        manager = self.nodes_manager
        node = ClusterNode(host, int(port), _PRIMARY, **manager.connection_kwargs)
        manager.set_nodes(manager.nodes_cache, {node.name: node})
        return node


class _NextOwner:
    """A node that a slot is moving to."""

    def __init__(self, node: ClusterNode) -> None:
        self._node = node

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        """Sends a command behind ASKING; where redis-py says just that, there is nothing to do yet."""
        if args == ("ASKING",):
            return None
        kwargs.pop("asking", None)  # redis-py's word that it did not say so; it is said here
        node = self._node
        connection = node.acquire_connection()
        try:
            await node.disconnect_if_needed(connection)
            await connection.send_packed_command(connection.pack_commands([("ASKING",), args]))
            try:
                await connection.read_response()
            except BaseException:
                await connection.disconnect(nowait=True)  # the command's answer shall be nobody else's
                raise
            return await node.parse_response(connection, args[0], **kwargs)
        finally:
            node.release(connection)
