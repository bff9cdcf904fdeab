"""The catalogue: find cameras, import lists of them, bind them to sources, ask what is recorded."""

from dataclasses import replace
from datetime import timedelta

from adapters.gateway import Gateway
from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.visibility import Viewer
from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import CameraId
from broker.domain.people.accounts import Caller
from broker.domain.time import TimeSpan
from broker.services.catalog.camera_reach import require_camera, write_camera
from broker.services.sources.source_secrets import SourceSecrets
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

    def read(self, caller: Caller, key: CameraId) -> Camera:
        """Return one camera."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            return work.cameras.load(key, Viewer.of(caller, work.now))

    def coverage(self, caller: Caller, key: CameraId, span: TimeSpan) -> tuple[TimeSpan, ...]:
        """Return what of a span is recorded, as the source tells it now; no picture is shown.

        Raises:
            Conflict: the camera is bound to no source.
            SourceFault: the source does not answer.
        """
        with self._work() as work:
            self._policy.require(caller, "camera:coverage", caller.roles(work.now), facts.of_person(caller))
            camera = work.cameras.load(key, Viewer.of(caller, work.now))
            if camera.source_id is None or camera.channel is None:
                raise Conflict("camera-without-source", camera=camera.name)
            source = work.sources.load(camera.source_id)
            offset = work.sources.ahead(source.id, span.begin)
        ahead = offset.ahead if offset else timedelta(0)
        options = self._secrets.options_of(source)
        return self._gateway.coverage(source.adapter, options, camera.channel, span, ahead)

    def bind(self, caller: Caller, gb_code: str, source: str, channel: str) -> Camera:
        """Say on which channel of which source a camera's footage lies."""
        with self._work() as work:
            held = require_camera(self._policy, work, caller, "camera:bind", gb_code)
            if not channel or len(channel) > LONGEST_CHANNEL or not channel.isprintable():
                raise Invalid("malformed", pointer="/channel", value=channel[:80], pattern=f"1-{LONGEST_CHANNEL}")
            target = work.sources.by_code(source)
            after = replace(held.camera, source_id=target.id, channel=channel)
            bound = write_camera(work, held, after, "camera:bound", {"source": source, "channel": channel})
            work.commit(held.permit)
            return bound

    def mark(self, caller: Caller, key: CameraId, *, sensitive: bool) -> Camera:
        """Say whether a point is sensitive: from now on two persons of the owner authorize what is asked of it, or one.

        Requests that were submitted before keep what they began with. A mark that is there already changes nothing.
        """
        with self._work() as work:
            held = require_camera(self._policy, work, caller, "camera:mark", key)
            if held.camera.sensitive is sensitive:
                return held.camera
            after = replace(held.camera, sensitive=sensitive)
            marked = write_camera(work, held, after, "camera:marked", {"sensitive": sensitive})
            work.commit(held.permit)
            return marked

    def find(self, caller: Caller, gb_code: str) -> Camera:
        """Return the camera with this code."""
        with self._work() as work:
            self._policy.require(caller, "camera:list", caller.roles(work.now), facts.of_person(caller))
            return work.cameras.by_gb_code(gb_code, Viewer.of(caller, work.now))
