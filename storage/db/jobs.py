"""Jobs: deferred in the transaction of the business change, so that one never exists without the other."""

from procrastinate import App, SyncPsycopgConnector
from sqlalchemy import Connection, text

from broker.domain.catalog import Source
from broker.domain.ids import RetrievalId

RETRIEVE = "retrieve"
_app = App(connector=SyncPsycopgConnector())
"""Only for writing jobs over a connection that is handed in; it opens none of its own."""


class JobQueue:
    """Puts jobs into the queue of the worker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def retrieve(self, key: RetrievalId, source: Source) -> None:
        """Queue the fetch of a retrieval under one of the slots of its source."""
        _app.configure_task(
            RETRIEVE,
            lock=self._emptiest_slot(source),
            connection=self._connection.connection.driver_connection,
        ).defer(retrieval=str(key))

    def _emptiest_slot(self, source: Source) -> str:
        """Return the slot of the source with the fewest jobs; a slot runs one job at a time."""
        slots = [f"source:{source.id}:{number}" for number in range(source.sessions)]
        waiting = text(
            "SELECT lock, count(*) AS jobs FROM procrastinate_jobs"
            " WHERE status IN ('todo', 'doing') AND lock = ANY(:slots) GROUP BY lock",
        )
        load = {row.lock: row.jobs for row in self._connection.execute(waiting, {"slots": slots})}
        return min(slots, key=lambda slot: load.get(slot, 0))
