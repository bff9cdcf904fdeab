"""The composition root: from settings to a broker whose services share one database, one policy, one store."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from adapters.gateway import Gateway
from adapters.media.face_model import redacts
from broker.domain.errors import Unavailable
from broker.domain.people.accounts import Caller, Role, system_caller
from broker.domain.time import Clock, SystemClock
from broker.fittings import (
    TRIED_EACH,
    base_map,
    blobs_of,
    gateways,
    key_files,
    open_post_office,
    papers,
    provider,
    root_of,
    secret_box,
    workshop,
    workspace,
)
from broker.services.catalog.base_map.base_maps import BaseMaps
from broker.services.catalog.camera_codes import CameraCodes
from broker.services.catalog.camera_fields import CameraFields
from broker.services.catalog.camera_records import CameraRecords
from broker.services.catalog.catalog import Catalog
from broker.services.catalog.catalog_exports import CatalogExports
from broker.services.catalog.divisions import Divisions
from broker.services.catalog.finding import Finding
from broker.services.catalog.import_previews import ImportPreviews
from broker.services.catalog.import_profiles import ImportProfiles
from broker.services.catalog.import_runs import ImportRuns
from broker.services.catalog.imports import Imports
from broker.services.catalog.privacy_masks import PrivacyMasks
from broker.services.catalog.reconciliation_batches import ReconciliationBatches
from broker.services.catalog.reconciliations import Reconciliations
from broker.services.catalog.transfers import Transfers
from broker.services.deciding.absences import Absences
from broker.services.deciding.approvals import Approvals
from broker.services.deciding.deadlines import Deadlines
from broker.services.deciding.delegations import Delegations
from broker.services.deciding.emergencies import Emergencies
from broker.services.deciding.policies import Policies
from broker.services.deciding.policy_following import following
from broker.services.deciding.rulebooks import Rulebooks
from broker.services.footage.copies import Copies
from broker.services.footage.escrows import Escrows
from broker.services.footage.footage import Footage
from broker.services.footage.grants import Grants
from broker.services.footage.handed_packages import HandedPackages
from broker.services.footage.locks import Locks
from broker.services.footage.package_checks import PackageChecks
from broker.services.footage.package_runs import PackageRuns
from broker.services.footage.packages import Packages
from broker.services.footage.resealing import Resealing
from broker.services.footage.retrieval_runs import RetrievalRuns
from broker.services.footage.retrievals import Retrievals
from broker.services.footage.sealed_copies import SealedCopies
from broker.services.footage.uses import Uses
from broker.services.house.jobs import Jobs
from broker.services.house.settings_shown import SettingsShown
from broker.services.notices.deliveries import Deliveries
from broker.services.notices.live import Live
from broker.services.notices.mailbox import Mailbox
from broker.services.notices.notices import Notices
from broker.services.notices.webhooks import Webhooks
from broker.services.oversight.audit import Audit
from broker.services.oversight.holds import Holds
from broker.services.oversight.measures import Measures
from broker.services.oversight.plan_targets import PlanTargets
from broker.services.oversight.register import Register
from broker.services.oversight.retention import Retention
from broker.services.oversight.statistics import Figures
from broker.services.oversight.trace_exports import TraceExports
from broker.services.people.accounts import Accounts
from broker.services.people.contacts import Contacts
from broker.services.people.credentials import Credentials
from broker.services.people.departments import Departments
from broker.services.people.identities import Identities
from broker.services.people.invites import Invites
from broker.services.people.names import Names
from broker.services.people.oidc_sign_in import OidcSignIn
from broker.services.people.people import People
from broker.services.people.reorganising import Reorganising
from broker.services.people.second_factor import SecondFactor
from broker.services.people.sign_in import Openings, Passwords, SignIn
from broker.services.requests.access_requests import AccessRequests
from broker.services.requests.attachments import Attachments
from broker.services.requests.findings import Findings
from broker.services.requests.inbox import Inbox
from broker.services.requests.previews import Previews
from broker.services.requests.renewals import Renewals
from broker.services.requests.request_items import RequestItems
from broker.services.requests.revisions import Revisions
from broker.services.requests.sketches import Sketches
from broker.services.sources.availability import Availability
from broker.services.sources.health_retention import HealthRetention
from broker.services.sources.maintenance import MaintenanceWindows
from broker.services.sources.patience import Patience
from broker.services.sources.point_health import PointHealth
from broker.services.sources.point_looks import PointLooks
from broker.services.sources.point_settlement import PointSettlement
from broker.services.sources.recorded import Recordings
from broker.services.sources.source_clocks import SourceClocks
from broker.services.sources.source_health import SourceHealth
from broker.services.sources.source_secrets import SourceSecrets
from broker.services.sources.sources import Sources
from broker.settings import Settings, listed
from policies.authorizer import Authorizer
from policies.facts import KEPT, KEPT_WITH_FACES
from storage.blobs.base import BlobStore
from storage.db import schema
from storage.db.embedded.embedded import EmbeddedServer, running_dsn
from storage.db.engine import libpq_url, open_engine
from storage.db.footage.originals import FetchMarks
from storage.db.sources.source_slots import SourceSlots
from storage.db.unit_of_work import UnitOfWork, Work
from storage.secrets import SecretBox

POOL = 12
TRIED_WHOLE = 20.0  # seconds for all questions of a dry run
STARTING = 10.0  # seconds another program may take to start the database that both use


@dataclass(frozen=True)
class Broker:
    """The services, and what the doors need beside them."""

    settings: Settings
    database_url: str
    engine: Engine
    clock: Clock
    work: Work
    policy: Authorizer
    blobs: BlobStore
    secrets: SecretBox
    zone: tzinfo
    sign_in: SignIn
    second_factor: SecondFactor
    oidc: OidcSignIn
    identities: Identities
    invites: Invites
    accounts: Accounts
    people: People
    credentials: Credentials
    departments: Departments
    reorganising: Reorganising
    settings_shown: SettingsShown
    delegations: Delegations
    absences: Absences
    catalog: Catalog
    camera_records: CameraRecords
    camera_codes: CameraCodes
    camera_fields: CameraFields
    reconciliations: Reconciliations
    reconciliation_batches: ReconciliationBatches
    divisions: Divisions
    imports: Imports
    import_previews: ImportPreviews
    import_profiles: ImportProfiles
    import_runs: ImportRuns
    catalog_exports: CatalogExports
    finding: Finding
    base_maps: BaseMaps
    masks: PrivacyMasks
    transfers: Transfers
    sources: Sources
    source_health: SourceHealth
    source_clocks: SourceClocks
    point_health: PointHealth
    point_looks: PointLooks
    point_settlement: PointSettlement
    health_retention: HealthRetention
    maintenance: MaintenanceWindows
    resealing: Resealing
    availability: Availability
    access_requests: AccessRequests
    sketches: Sketches
    escrows: Escrows
    previews: Previews
    findings: Findings
    revisions: Revisions
    rulebooks: Rulebooks
    approvals: Approvals
    emergencies: Emergencies
    inbox: Inbox
    live: Live
    figures: Figures
    measures: Measures
    plan_targets: PlanTargets
    deadlines: Deadlines
    request_items: RequestItems
    grants: Grants
    uses: Uses
    renewals: Renewals
    locks: Locks
    holds: Holds
    retention: Retention
    retrievals: Retrievals
    copies: Copies
    runs: RetrievalRuns
    packages: Packages
    package_runs: PackageRuns
    package_checks: PackageChecks
    handed_packages: HandedPackages
    policies: Policies
    notices: Notices
    contacts: Contacts
    webhooks: Webhooks
    deliveries: Deliveries
    mailbox: Mailbox
    register: Register
    attachments: Attachments
    audit: Audit
    trace_exports: TraceExports
    jobs: Jobs
    names: Names


def operator(name: str) -> Caller:
    """Return the caller for whoever has the machine: may set the house up, decides nothing, sees no footage."""
    return system_caller(Role.OPERATOR, name)


@contextmanager
def open_broker(settings: Settings, *, share: bool = True, clock: Clock | None = None) -> Iterator[Broker]:
    """Open the broker: start or find the database, check its schema, build the services; close it all at the end.

    With `share`, an embedded database that another program runs in the same directory is used beside it; without,
    the other program is an error (a second `serve` on one directory is a mistake).

    Raises:
        Unavailable: the database cannot be started or reached, or its schema is not this program's.
    """
    with ExitStack() as stack:
        url = stack.enter_context(open_database(settings, share=share))
        check_schema(url)
        engine = open_engine(url, pool=POOL)
        stack.callback(engine.dispose)
        yield build(settings, url, engine, clock or SystemClock())


@contextmanager
def open_database(settings: Settings, *, share: bool = True) -> Iterator[str]:
    """Give the URL of the database: the one that is set, the one another program runs here, or our own, upgraded."""
    if settings.database_url is not None:
        yield libpq_url(settings.database_url.get_secret_value())
        return
    directory = settings.data / "postgres"
    server = EmbeddedServer(directory, binaries=settings.postgres_binaries)
    try:
        server.start()
    except Unavailable as error:
        if error.slug != "data-directory-in-use" or not share:
            raise
        yield _beside(directory, error)
        return
    with server:
        url = server.dsn()
        schema.upgrade(url)
        yield url


def _beside(directory: Path, in_use: Unavailable) -> str:
    """Give the URL of the database that another program runs here; one that is just starting is waited for."""
    patience = time.monotonic() + STARTING
    while (running := running_dsn(directory)) is None or not schema.status(running).ready:
        if time.monotonic() > patience:
            raise in_use
        time.sleep(STARTING / 50)
    return running


def check_schema(url: str) -> None:
    """Refuse to work on a schema that is not this program's.

    Raises:
        Unavailable: the database is empty or older (run `xueliang db upgrade`), or newer than this program.
    """
    found = schema.status(url)
    if not found.ready:
        raise Unavailable("database-outdated", current=found.current or "-", needed=found.needed)


def build(settings: Settings, url: str, engine: Engine, clock: Clock) -> Broker:
    """Put the services together over an engine."""
    policy = Authorizer()
    work: Work = partial(UnitOfWork, engine, clock, following(policy))
    passwords = Passwords(memory_kib=settings.password_memory_kib, passes=settings.password_passes)
    settings.data.mkdir(parents=True, exist_ok=True)
    (gateway, quick), blobs, secrets = gateways(settings), blobs_of(settings), secret_box(settings)
    office, openings = open_post_office(settings, secrets), Openings(secrets, settings.step_up_limit)
    opener = SourceSecrets(secrets)
    health = SourceHealth(work, policy, quick, opener, SourceSlots(url))
    recordings = Recordings(quick, each=TRIED_EACH, whole=TRIED_WHOLE)
    availability = Availability(work, policy, recordings, opener, health)
    finding = Finding(work, policy)
    runs, escrows = _footage_jobs(settings, url, work, policy, gateway, blobs, secrets, health)
    return Broker(
        settings=settings, database_url=url, engine=engine, clock=clock, work=work, policy=policy, blobs=blobs,
        secrets=secrets, zone=office.zone, sign_in=SignIn(work, policy, passwords, secrets, openings),
        second_factor=SecondFactor(work, policy, secrets, passwords, settings.step_up_limit),
        oidc=OidcSignIn(work, policy, provider(settings), secrets, openings, passwords),
        identities=Identities(work, policy, settings.oidc_issuer),
        invites=Invites(work, policy, passwords, openings, office), people=People(work, policy),
        credentials=Credentials(work, policy), departments=Departments(work, policy),
        reorganising=Reorganising(work, policy), settings_shown=SettingsShown(work, policy, listed(settings)),
        accounts=Accounts(work, policy, passwords), delegations=Delegations(work, policy),
        absences=Absences(work, policy), catalog=Catalog(work, policy, gateway, opener),
        camera_records=CameraRecords(work, policy, blobs), camera_codes=CameraCodes(work, policy),
        reconciliations=Reconciliations(work, policy, quick, opener),
        reconciliation_batches=ReconciliationBatches(work, policy), camera_fields=CameraFields(work, policy),
        divisions=Divisions(work, policy), finding=finding, catalog_exports=CatalogExports(work, policy),
        base_maps=BaseMaps(work, policy, finding, *base_map(settings), outlined=settings.map_outline),
        imports=Imports(work, policy, blobs), import_profiles=ImportProfiles(work, policy),
        import_runs=ImportRuns(work, policy, blobs, workspace(settings.data)),
        import_previews=ImportPreviews(work, policy, blobs, workspace(settings.data)), jobs=Jobs(work, policy),
        masks=PrivacyMasks(work, policy), transfers=Transfers(work, policy),
        sources=Sources(work, policy, gateway, opener, health), source_health=health, availability=availability,
        escrows=escrows, runs=runs, resealing=Resealing(work, policy, secrets),
        source_clocks=SourceClocks(work, policy, blobs, settings.attachment_mb * 1024 * 1024),
        point_looks=PointLooks(work, policy, gateway, opener, SourceSlots(url), office.zone),
        point_settlement=PointSettlement(work, policy, office.zone), maintenance=MaintenanceWindows(work, policy),
        access_requests=AccessRequests(work, policy, escrow=settings.escrow), sketches=Sketches(work, policy),
        previews=Previews(work, policy, availability), findings=Findings(work, policy),
        revisions=Revisions(work, policy), rulebooks=Rulebooks(work, policy), approvals=Approvals(work, policy),
        request_items=RequestItems(work, policy), emergencies=Emergencies(work, policy),
        deadlines=Deadlines(work, policy), inbox=Inbox(work, policy), live=Live(work, policy),
        figures=Figures(work, policy), measures=Measures(work, policy, office.zone, outlined=settings.map_outline),
        plan_targets=PlanTargets(work, policy), locks=Locks(work, policy), holds=Holds(work, policy),
        retention=Retention(work, policy, blobs, timedelta(days=settings.keep_copies_days)),
        health_retention=HealthRetention(work, policy, office.zone, *_kept(settings)), grants=Grants(work, policy),
        uses=Uses(work, policy), renewals=Renewals(work, policy), point_health=PointHealth(work, policy),
        retrievals=Retrievals(work, policy, KEPT_WITH_FACES if redacts(settings.face_model) else KEPT),
        copies=Copies(work, policy), packages=Packages(work, policy),
        package_runs=PackageRuns(work, policy, workshop(settings, blobs, office.zone)),
        package_checks=PackageChecks(work, policy, blobs, root_of(settings)), policies=Policies(work, policy),
        handed_packages=HandedPackages(work, policy, root_of(settings)), notices=Notices(work, policy),
        contacts=Contacts(work, policy), webhooks=Webhooks(work, policy, office), names=Names(work, policy),
        deliveries=Deliveries(work, policy, office), mailbox=Mailbox(work, policy, office), audit=Audit(work, policy),
        register=Register(work, policy, settings.register_export_lines),
        attachments=Attachments(work, policy, blobs, papers(settings)),
        trace_exports=TraceExports(work, policy, key_files(settings), settings.trace_export_events),
    )  # fmt: skip


def _footage_jobs(
    settings: Settings,
    url: str,
    work: Work,
    policy: Authorizer,
    gateway: Gateway,
    blobs: BlobStore,
    secrets: SecretBox,
    health: SourceHealth,
) -> tuple[RetrievalRuns, Escrows]:
    """Return what fetches footage for those who may have it, and what seals it for those who may have it later."""
    sealed, opener, slots = SealedCopies(blobs, secrets), SourceSecrets(secrets), SourceSlots(url)
    share = timedelta(minutes=settings.share_fetch_minutes)
    footage = Footage(work, policy, gateway, opener, sealed, FetchMarks(url), share)
    patience, place = Patience(max(1, settings.workers // 2)), workspace(settings.data)
    runs = RetrievalRuns(work, policy, footage, blobs, slots, place, health, patience, settings.timezone)
    margin = timedelta(hours=settings.escrow_margin_hours)
    return runs, Escrows(work, policy, gateway, slots, place, opener, health, sealed, footage, margin)


def _kept(settings: Settings) -> tuple[timedelta, timedelta]:
    """Return how long troubles of points and sums of days are kept."""
    return timedelta(days=settings.keep_troubles_days), timedelta(days=settings.keep_health_days)
