"""A channel whose certificates are exchanged while it is used.

gRPC's own channels keep the certificates they were made with. Here a call begins on a channel that was made with those of now;
an older one lives on until the last of its calls is done.
"""

from collections.abc import Callable
from typing import Any

import grpc.aio

from groupguard_client.tls import Tls


class _Generation:
    """The channel of one set of certificates, and how many calls are under way on it."""

    def __init__(self, tls: Tls, channel: grpc.aio.Channel) -> None:
        self.tls = tls
        self.channel = channel
        self.calls = 0
        self.methods: dict[tuple[str, str], Any] = {}


class RenewingChannel:
    """What stubs need of a channel of asyncio."""

    def __init__(self, tls: Callable[[], Tls], make: Callable[[Tls], grpc.aio.Channel]) -> None:
        """Makes the first channel.

        Args:
            tls: gives the certificates to use now; the same object while they have not changed.
            make: makes a channel with them.
        """
        self._tls = tls
        self._make = make
        self._generations = [self._next(tls())]

    def _next(self, tls: Tls) -> _Generation:
        return _Generation(tls, self._make(tls))

    def unary_unary(self, method: str, *args: Any, **options: Any) -> Any:
        return self._method("unary_unary", method, args, options)

    def unary_stream(self, method: str, *args: Any, **options: Any) -> Any:
        return self._method("unary_stream", method, args, options)

    def stream_unary(self, method: str, *args: Any, **options: Any) -> Any:
        return self._method("stream_unary", method, args, options)

    def stream_stream(self, method: str, *args: Any, **options: Any) -> Any:
        return self._method("stream_stream", method, args, options)

    def _method(self, kind: str, name: str, args: Any, options: Any) -> Any:
        def call(*request: Any, **details: Any) -> Any:
            generation = self._current()
            method = generation.methods.get((kind, name))
            if method is None:
                method = getattr(generation.channel, kind)(name, *args, **options)
                generation.methods[kind, name] = method
            begun = method(*request, **details)
            generation.calls += 1
            begun.add_done_callback(lambda _: self._done(generation))
            return begun

        return call

    def _current(self) -> _Generation:
        tls = self._tls()
        newest = self._generations[-1]
        if tls is not newest.tls:
            self._generations.append(self._next(tls))
            self._leave(newest)
        return self._generations[-1]

    def _done(self, generation: _Generation) -> None:
        generation.calls -= 1
        if generation is not self._generations[-1]:
            self._leave(generation)

    def _leave(self, generation: _Generation) -> None:
        """Lets go of a channel that no call is under way on; its end closes it."""
        if not generation.calls and generation in self._generations:
            self._generations.remove(generation)

    async def close(self) -> None:
        """Closes all; calls under way end CANCELLED."""
        for generation in self._generations:
            await generation.channel.close()
