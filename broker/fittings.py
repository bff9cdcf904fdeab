"""What the services are built with: from settings to stores, gates, keys and couriers; nothing here is a service."""

import os
from datetime import timedelta, tzinfo
from pathlib import Path

from adapters.gateway import Gateway
from adapters.key_frames import KeyFrames
from broker.domain.errors import Invalid
from broker.services.catalog.base_map.base_maps import FileTiles, Tiles
from broker.services.catalog.base_map.house import HouseTiles
from broker.services.catalog.base_map.layers import Kind, Layers, Wmts, addresses_of
from broker.services.catalog.map.grid import Grid
from broker.services.footage.package_runs import Workshop
from broker.services.notices.couriers.calls import trusting
from broker.services.notices.couriers.mail import MailServer
from broker.services.notices.couriers.places import Rules, read_networks
from broker.services.notices.couriers.post_office import PostOffice
from broker.services.notices.couriers.wording import read_zone
from broker.services.people.oidc.house import BACK, House
from broker.services.people.oidc.provider import Provider
from broker.services.requests.attachments import Limits
from broker.settings import Settings
from storage.blobs import open_store
from storage.blobs.base import BlobStore
from storage.geography.pmtiles import BadMapFile, MapFile
from storage.packages.authority import CERTIFICATE, FOLDER, KEY, ROOT
from storage.packages.signing import KeyFiles
from storage.secrets import SecretBox

TRIED_EACH = 8.0  # seconds for one question to a source in a dry run, or how it is


def open_post_office(settings: Settings, secrets: SecretBox) -> PostOffice:
    """Return how notices leave the house; nothing is connected yet.

    Raises:
        Invalid: a setting of mail or webhooks is wrong; `pointer` names it.
    """
    smtp = settings.smtp_url.get_secret_value() if settings.smtp_url else ""
    return PostOffice(
        secrets=secrets,
        context=trusting(settings.ca_file),
        zone=read_zone(settings.timezone),
        rules=Rules(read_networks(settings.webhook_private_networks), settings.webhook_plain_http),
        mail=MailServer.of(smtp, settings.mail_from) if smtp else None,
        public_url=settings.public_url,
    )


def provider(settings: Settings) -> Provider | None:
    """Return the house whose identities may sign in, None without one; it is not called yet.

    Raises:
        Invalid: a setting of it is wrong; `pointer` names it.
    """
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else ""
    house = House(
        issuer=settings.oidc_issuer,
        client=settings.oidc_client_id,
        secret=secret or _secret_in(settings.oidc_client_secret_file),
        back=settings.public_url.rstrip("/") + BACK,
        context=trusting(settings.ca_file),
        rules=Rules(read_networks(settings.webhook_private_networks)),
        scopes=settings.oidc_scopes,
        algorithms=tuple(settings.oidc_algorithms.split()),
        label=settings.oidc_label,
        methods=frozenset(settings.oidc_mfa_amr.split()),
        levels=frozenset(settings.oidc_mfa_acr.split()),
        plain_http=settings.oidc_plain_http,
    )
    return Provider(house.checked())


def _secret_in(file: Path | None) -> str:
    try:
        return file.read_text(encoding="utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError):
        raise Invalid("oidc-setting", pointer="/oidc_client_secret_file", reason=str(file)) from None


def base_map(settings: Settings) -> tuple[Layers, Tiles | None]:
    """Return what lies under the points of the map, and where its tiles come from when they go through the program.

    Raises:
        Invalid: `map-setting`: a setting of it is wrong; `pointer` names it.
    """
    grid, told = Grid(settings.map_grid), settings.map_attribution
    if settings.map_basemap == "none":
        return Layers(grid=grid), None
    if settings.map_basemap == "pmtiles":
        file = _map_file(settings.map_file)
        kind = Kind.RASTER if file.media_type.startswith("image/") else Kind.VECTOR
        layers = Layers(kind, (), True, grid, file.deepest, told, file.changed)
        return layers, FileTiles(file)
    wmts = Wmts(
        tuple(settings.map_layers.split()), settings.map_matrix_set, settings.map_style, settings.map_format
    )  # fmt: skip
    address = settings.map_url.get_secret_value() if settings.map_url else ""
    addresses = addresses_of(address, wmts if settings.map_basemap == "wmts" else None)
    proxied = settings.map_proxy or any("{key}" in it for it in addresses)
    layers = Layers(Kind.RASTER, addresses, proxied, grid, settings.map_deepest, told)
    key = settings.map_key.get_secret_value() if settings.map_key else ""
    return layers, HouseTiles(layers, key, trusting(settings.ca_file)) if proxied else None


def _map_file(path: Path | None) -> MapFile:
    try:
        return MapFile(path or Path())
    except BadMapFile as error:
        raise Invalid(
            "map-setting", pointer="/map_file", name="XUELIANG_MAP_FILE", reason=f"{path or '-'}: {error}"
        ) from None


def gateways(settings: Settings) -> tuple[Gateway, Gateway]:
    """Return the door for fetches, and the one for questions where somebody waits for the answer."""
    memory = settings.fetch_memory_mb * 1024 * 1024
    gateway = Gateway(
        settings.fetch_deadline,
        memory,
        answer_deadline=timedelta(seconds=60),
        silence=timedelta(seconds=settings.fetch_silence_seconds),
        turns=turns(settings),
        face_model=settings.face_model,
    )
    return gateway, Gateway(settings.fetch_deadline, memory, answer_deadline=timedelta(seconds=TRIED_EACH))


def blobs_of(settings: Settings) -> BlobStore:
    """Return where bytes are kept."""
    blobs = open_store(settings.blobs_url.get_secret_value() if settings.blobs_url else "", directory=settings.data)
    blobs.sm3 = settings.sm3
    return blobs


def secret_box(settings: Settings) -> SecretBox:
    """Return what seals secrets; the key is read when it is first needed."""
    key_file = settings.secret_key_file or settings.data / "secret.key"
    # Over a database that several machines may share, each would make a key of its own: there the operator makes it.
    alone = settings.secret_key_file is None and settings.database_url is None
    return SecretBox(key_file, make=alone)


def papers(settings: Settings) -> Limits:
    """Return how large and how many the papers of a request may be."""
    return Limits(size=settings.attachment_mb * 1024 * 1024, count=settings.attachments_per_request)


def key_files(settings: Settings) -> KeyFiles:
    """Return where the key of the house and its certificates lie, if it has one."""
    place = settings.data / FOLDER
    return KeyFiles(settings.evidence_key or place / KEY, settings.evidence_certificate or place / CERTIFICATE)


def workshop(settings: Settings, blobs: BlobStore, zone: tzinfo) -> Workshop:
    """Return with what evidence packages are made; the key is read when the first one is."""
    frames = KeyFrames(settings.fetch_deadline, settings.fetch_memory_mb * 1024 * 1024, settings.timezone)
    return Workshop(
        blobs, key_files(settings), frames, workspace(settings.data), zone, settings.organization, settings.sm3
    )


def root_of(settings: Settings) -> Path:
    """Return where the certificate lies that vouches for who signs packages here, if this house made it."""
    return settings.data / FOLDER / ROOT


def turns(settings: Settings) -> list[Path]:
    """Return the files whose locks are the turns of those who code pictures on this machine."""
    coders = settings.coders or max(1, (os.cpu_count() or 1) // 2)
    place = settings.data.absolute() / "turns"  # those who take turns work in folders of their own
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [place / str(number) for number in range(coders)]


def workspace(data: Path) -> Path:
    """Return the folder for what is being made; only this user can look into it."""
    place = data / "fetching"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place
