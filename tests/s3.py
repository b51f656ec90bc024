"""A real S3-compatible store over HTTP on this machine: one server per test process, one bucket per test."""

import http.client
import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from moto.server import ThreadedMotoServer

# The server holds its objects in memory and takes any key, but no request without one.
ACCESS_KEY = "office"
SECRET_KEY = "made-up"
_SIGNED = {
    "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260701/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=00"
}


@dataclass(frozen=True)
class S3Server:
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def new_bucket(self) -> str:
        name = f"letters-{secrets.token_hex(6)}"
        self.request("PUT", f"/{name}")
        return name

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Past the client under test, to look at what is stored, or to change it behind its back."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request(method, path, body, _SIGNED)
            answer = connection.getresponse()
            read = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {read!r}")
        return read


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield S3Server(*server.get_host_and_port())
    finally:
        server.stop()


@pytest.fixture
def bucket(s3: S3Server) -> str:
    return s3.new_bucket()
