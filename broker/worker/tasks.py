"""What each job does: one service method a task."""

from uuid import UUID

from procrastinate import App, RetryStrategy

from broker.bootstrap import Broker
from broker.domain.errors import Unavailable
from broker.domain.ids import EscrowId, ImportId, PackageId, PersonId, RequestId, RetrievalId
from storage.db.house.jobs import (
    BUILD_PACKAGE,
    CALL_WEBHOOK,
    DELIVER_NOTICES,
    IMPORT_LIST,
    MAIL_NOTICE,
    NOTICES_QUEUE,
    PLAN_ESCROW,
    QUEUE_AGAIN,
    REFRESH_COVERAGE,
    RETRIEVE,
    SEAL,
    SEAL_LATER,
    SOURCES_QUEUE,
)

AGAIN = RetryStrategy(max_attempts=100, wait=2, retry_exceptions={Unavailable})
"""The broker's own database or store was away: try again; every other end is written down by the service."""

UNTIL_TOLD = RetryStrategy(max_attempts=50, linear_wait=5)
"""For notices: receivers that fail are the service's own matter; what else goes wrong must not lose one."""


def add_tasks(app: App, broker: Broker) -> None:
    """Register the tasks with the job engine."""
    _add_footage_tasks(app, broker)
    _add_escrow_tasks(app, broker)
    _add_notice_tasks(app, broker)


def _add_footage_tasks(app: App, broker: Broker) -> None:
    @app.task(name=RETRIEVE, retry=AGAIN)
    def retrieve(retrieval: str) -> None:
        broker.runs.run(RetrievalId(UUID(retrieval)))

    @app.task(name=QUEUE_AGAIN, queue=NOTICES_QUEUE, retry=AGAIN)
    def queue_again(retrieval: str) -> None:
        broker.runs.queue_again(RetrievalId(UUID(retrieval)))

    @app.task(name=REFRESH_COVERAGE, queue=SOURCES_QUEUE, retry=AGAIN)
    def refresh_coverage(request: str) -> None:
        broker.availability.refresh(RequestId(UUID(request)))

    @app.task(name=IMPORT_LIST, retry=AGAIN)
    def import_list(key: str) -> None:
        broker.import_runs.run(ImportId(UUID(key)))

    @app.task(name=BUILD_PACKAGE, retry=AGAIN)
    def build_package(package: str) -> None:
        broker.package_runs.run(PackageId(UUID(package)))


def _add_escrow_tasks(app: App, broker: Broker) -> None:
    @app.task(name=PLAN_ESCROW, queue=SOURCES_QUEUE, retry=AGAIN)
    def plan_escrow(request: str) -> None:
        broker.escrows.plan(RequestId(UUID(request)))

    @app.task(name=SEAL, retry=AGAIN)
    def seal(escrow: str) -> None:
        broker.escrows.run(EscrowId(UUID(escrow)))

    @app.task(name=SEAL_LATER, queue=NOTICES_QUEUE, retry=AGAIN)
    def seal_later(escrow: str) -> None:
        broker.escrows.queue_again(EscrowId(UUID(escrow)))


def _add_notice_tasks(app: App, broker: Broker) -> None:
    @app.task(name=DELIVER_NOTICES, queue=NOTICES_QUEUE, retry=UNTIL_TOLD)
    def deliver_notices(notices: list[str]) -> None:
        broker.deliveries.fan_out([UUID(key) for key in notices])

    @app.task(name=MAIL_NOTICE, queue=NOTICES_QUEUE, retry=UNTIL_TOLD)
    def mail_notice(notice: str, person: str, attempt: int) -> None:
        broker.deliveries.mail(UUID(notice), PersonId(UUID(person)), attempt)

    @app.task(name=CALL_WEBHOOK, queue=NOTICES_QUEUE, retry=UNTIL_TOLD)
    def call_webhook(delivery: str, attempt: int) -> None:
        broker.deliveries.call(UUID(delivery), attempt)
