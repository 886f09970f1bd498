"""The bus of a process that is alone."""

from collections.abc import Callable

from services.notifications.bus import Listener


class LocalBus:
    """``Bus`` within one process."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    async def open(self) -> None:
        """Do nothing: there is nothing to reach."""

    async def close(self) -> None:
        """Forget the listeners."""
        self._listeners.clear()

    def wake(self) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            listener()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have a listener told of wake-ups, and return what ends that."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end
