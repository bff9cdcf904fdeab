"""The catalogue: find cameras, import lists of them, bind them to sources, ask what is recorded."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from adapters.gateway import Gateway
from broker.domain.accounts import Caller
from broker.domain.audit import Entry
from broker.domain.catalog import Camera
from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import CameraId
from broker.domain.time import TimeSpan
from broker.services.catalog_files.check import Checker
from broker.services.catalog_files.mapping import resolve
from broker.services.catalog_files.reading import open_table
from broker.services.catalog_files.report import ImportReport, Tally
from broker.services.source_secrets import SourceSecrets
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work

LONGEST_CHANNEL = 200


class Catalog:
    """Cameras, as far as the caller may know of them."""

    def __init__(self, work: Work, policy: Authorizer, gateway: Gateway, secrets: SourceSecrets) -> None:
        self._work = work
        self._policy = policy
        self._gateway = gateway
        self._secrets = secrets

    def page(
        self, caller: Caller, *, text: str | None, owner: str | None, division: str | None, bound: bool | None,
        after: CameraId | None, limit: int,
    ) -> Sequence[Camera]:  # fmt: skip
        """Return cameras by id; the catalogue is open to all who ask, decide and look."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            owner_id = work.departments.by_code(owner).id if owner else None
            return work.cameras.page(
                scope=None,
                owner=owner_id,
                text=text,
                division=division,
                bound=bound,
                after=after,
                limit=limit,
            )

    def read(self, caller: Caller, key: CameraId) -> Camera:
        """Return one camera."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            return work.cameras.load(key)

    def coverage(self, caller: Caller, key: CameraId, span: TimeSpan) -> tuple[TimeSpan, ...]:
        """Return what of a span is recorded, as the source tells it now; no picture is shown.

        Raises:
            Conflict: the camera is bound to no source.
            SourceFault: the source does not answer.
        """
        with self._work() as work:
            self._policy.require(caller, "camera:coverage", caller.roles(work.now), facts.of_person(caller))
            camera = work.cameras.load(key)
            if camera.source_id is None or camera.channel is None:
                raise Conflict("camera-without-source", camera=camera.name)
            source = work.sources.load(camera.source_id)
            offset = work.sources.ahead(source.id, span.begin)
        ahead = offset.ahead if offset else timedelta(0)
        options = self._secrets.options_of(source)
        return self._gateway.coverage(source.adapter, options, camera.channel, span, ahead)

    def import_file(
        self, caller: Caller, path: Path, *, owner: str, format: str | None = None,  # noqa: A002  # the word people use
        mapping: Mapping[str, str] | None = None, dry_run: bool = False,
    ) -> ImportReport:  # fmt: skip
        """Bring a list of points into the catalogue of one department, whole or, when it cannot be read, not at all.

        Rows that are wrong are reported one by one and stay out; the same list a second time changes nothing.

        Raises:
            Invalid: the file cannot be read, a needed column is not there, or the mapping names an unknown one.
        """
        with self._work() as work:
            department = work.departments.by_code(owner)
            roles = caller.roles_at(department.path, work.now)
            permit = self._policy.require(caller, "camera:import", roles, facts.of_person(caller))
            stream = f"catalogue/{department.id}"
            number = work.audit.reserve(stream)
            tally = Tally()
            with open_table(path, format) as table:
                checker = Checker(resolve(table.columns, mapping))
                drafts = tally.drafts(checker.check_all(table.rows))
                merged = work.cameras.merge(department.id, drafts, stream, number, dry_run=dry_run)
            report = tally.report(merged)
            if dry_run or not report.inserted + report.updated:
                return report
            data = {"file": path.name[:200], "owner": owner, "balance": report.balance}
            work.audit.append(permit, (Entry(stream, "catalogue:imported", data),))
            work.commit(permit)
            return report

    def bind(self, caller: Caller, gb_code: str, source: str, channel: str) -> Camera:
        """Say on which channel of which source a camera's footage lies."""
        with self._work() as work:
            camera = work.cameras.by_gb_code(gb_code)
            home = work.departments.load(camera.owner_id)
            roles = caller.roles_at(home.path, work.now)
            permit = self._policy.require(caller, "camera:bind", roles, facts.of_person(caller))
            if not channel or len(channel) > LONGEST_CHANNEL or not channel.isprintable():
                raise Invalid("malformed", pointer="/channel", value=channel[:80], pattern=f"1-{LONGEST_CHANNEL}")
            target = work.sources.by_code(source)
            stream = f"catalogue/{camera.owner_id}"
            work.cameras.bind(camera.id, target.id, channel, stream, work.audit.reserve(stream))
            data = {"camera": str(camera.id), "source": source, "channel": channel}
            work.audit.append(permit, (Entry(stream, "camera:bound", data),))
            bound = work.cameras.load(camera.id)
            work.commit(permit)
            return bound

    def mark(self, caller: Caller, key: CameraId, *, sensitive: bool) -> Camera:
        """Say whether a point is sensitive: from now on two persons of the owner authorize what is asked of it, or one.

        Requests that were submitted before keep what they began with. A mark that is there already changes nothing.
        """
        with self._work() as work:
            camera = work.cameras.load(key)
            home = work.departments.load(camera.owner_id)
            roles = caller.roles_at(home.path, work.now)
            permit = self._policy.require(caller, "camera:mark", roles, facts.of_person(caller))
            if camera.sensitive is sensitive:
                return camera
            stream = f"catalogue/{camera.owner_id}"
            work.cameras.mark(key, stream, work.audit.reserve(stream), sensitive=sensitive)
            data = {"camera": str(key), "sensitive": sensitive}
            work.audit.append(permit, (Entry(stream, "camera:marked", data),))
            marked = work.cameras.load(key)
            work.commit(permit)
            return marked

    def find(self, caller: Caller, gb_code: str) -> Camera:
        """Return the camera with this code."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            return work.cameras.by_gb_code(gb_code)
