"""S3 and DynamoDB on loopback, with TLS and connections that stay open, as functions reach them on AWS.

`python -m benchmarks.coldstart.service FOLDER` serves moto, and writes its certificate and its port to the folder.
Its process is not the measured one, so that only the functions' CPU counts. moto's server needs requirements/load.txt,
which `make` installs for benchmarks only, so nothing but the running service imports it.
"""

import ssl
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Final, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from werkzeug.serving import DechunkedInput

ADDRESS: Final = "127.0.0.1"
CERTIFICATE: Final = "certificate.pem"
PORT: Final = "port"


class _Handler(BaseHTTPRequestHandler):
    """Passes a request to moto. Werkzeug's own server would close the connection after each response."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    application: Callable[..., Iterable[bytes]]

    def _serve(self) -> None:
        is_chunked = self.headers.get("Transfer-Encoding") == "chunked"
        data = DechunkedInput(cast(Any, self.rfile)).read() if is_chunked else self.rfile.read(self._content_bytes)
        path, _, query = self.path.partition("?")
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()}
        environ: dict[str, Any] = {
            **headers,
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(data)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "SERVER_NAME": ADDRESS,
            "SERVER_PORT": str(cast(ThreadingHTTPServer, self.server).server_port),
            "wsgi.input_terminated": True,
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input": BytesIO(data),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        parts: Iterable[bytes] = self.application(environ, lambda status, sent, _=None: begun.append((status, sent)))
        body = b"".join(parts)
        ((status, sent),) = begun
        self.send_response(int(status.split()[0]))
        for name, value in sent:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve

    @property
    def _content_bytes(self) -> int:
        return int(self.headers.get("Content-Length", 0))

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def main() -> None:
    """Serve until the process is ended."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    _Handler.application = staticmethod(DomainDispatcherApplication(create_backend_app))
    folder = Path(sys.argv[1])
    certificate, key = _certificate()
    own = folder / "own.pem"
    own.write_bytes(certificate + key)
    (folder / CERTIFICATE).write_bytes(certificate)
    server = ThreadingHTTPServer((ADDRESS, 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    (folder / f"{PORT}.new").write_text(str(server.server_port))
    (folder / f"{PORT}.new").rename(folder / PORT)
    server.serve_forever()


def _certificate() -> tuple[bytes, bytes]:
    """A certificate of its own for a day, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cold starts")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(ADDRESS))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
    )


if __name__ == "__main__":
    main()
