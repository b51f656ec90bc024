"""What an operator may choose, typed; read from the environment only by `cli/opening.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "SARABAN_"


class Settings(BaseModel):
    """One line each in the README's table; a test compares the two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(Path("data"), description="folder of the database, the files and the signing key")
    database_url: str | None = Field(
        None, description="`postgresql://…`; without it SQLite in the data folder"
    )
    files_url: str | None = Field(
        None, description="`s3://bucket/prefix`; without it a folder in the data folder"
    )
    s3_endpoint: str | None = Field(None, description="address of an S3-compatible store")
    s3_region: str = Field("us-east-1", description="region of the store")
    s3_access_key: str | None = Field(None, description="access key of the store")
    s3_secret_key: str | None = Field(None, description="secret key of the store")
    https: bool = Field(
        False, description="behind TLS: cookies only over https, and browsers are told to stay there"
    )
    pool_size: int = Field(8, ge=1, le=200, description="PostgreSQL connections of one process")
    max_files: int = Field(5, ge=1, le=50, description="attachments of one send")
    max_file_bytes: int = Field(20 * 2**20, ge=1, description="size of one attachment")
    max_body_bytes: int = Field(2 * 2**20, ge=1024, description="size of a request without files")
    upload_hours: int = Field(48, ge=1, description="hours an upload waits for its letter")
    overdue_days: int = Field(3, ge=1, description="days after which an unacknowledged letter is overdue")
    idempotency_days: int = Field(7, ge=1, description="days an `Idempotency-Key` is remembered")
    public_url: str | None = Field(
        None,
        pattern="^https?://[^/?#]+",
        description="`https://…` as people reach it, for QR codes; without it as the request came",
    )
    fonts: Path | None = Field(
        None, description="folder of the office's own fonts for paper; without it `fonts` in the data folder"
    )
    print_workers: int = Field(2, ge=1, le=64, description="pages being made at the same time")
    print_seconds: int = Field(30, ge=1, description="after which a page that is being made is given up")
    print_memory_bytes: int = Field(
        256 * 2**20, ge=64 * 2**20, description="memory a page may take while it is made"
    )

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Settings:
        """The settings named `SARABAN_…`; an unknown name is refused, so that a typing error is noticed."""
        named = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX) and not name.startswith(PREFIX + "TEST_") and value != ""
        }
        return cls.model_validate(named)

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data.absolute() / 'saraban.db'}"

    @property
    def files(self) -> str:
        return self.files_url or str(self.data.absolute() / "files")

    @property
    def own_fonts(self) -> Path:
        return self.fonts or self.data.absolute() / "fonts"

    @property
    def spool(self) -> Path:
        """Where bytes arrive before they are kept: on the same file system as the folder of files."""
        return self.data.absolute() / "spool"
