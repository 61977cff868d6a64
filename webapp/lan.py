"""https on the local network: a certificate authority in the data folder, a certificate for this machine, a page from which tablets take the authority.

Worker, camera, position and WebCrypto need https; a name that the public knows is better served behind Caddy (docs/operations.md).
"""

from __future__ import annotations

import html
import io
import ipaddress
import os
import socket
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_FOR = timedelta(days=3650)
CERTIFICATE_FOR = timedelta(days=397)  # Apple refuses longer ones
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """Files: the authority to install on tablets, the chain and the key that the server uses."""

    authority: Path
    chain: Path
    key: Path


def address_of_this_machine() -> str:
    """The address that others on the local network reach; 127.0.0.1 without a network. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address: choosing the route is all that happens
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def prepare(data: Path, address: str) -> Certificate:
    """The certificate for `address`, made or renewed where needed, by the folder's own authority."""
    folder = data / "https"
    folder.mkdir(mode=0o700, exist_ok=True)
    files = Certificate(folder / "authority.crt", folder / "server.crt", folder / "server.key")
    authority_key = _key(folder / "authority.key")
    if not files.authority.exists():
        _write(files.authority, _authority(authority_key).public_bytes(serialization.Encoding.PEM), 0o644)
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    if not _still_good(files.chain, address):
        server_key = _key(files.key)
        made = _server(server_key, address, authority, authority_key)
        _write(
            files.chain,
            made.public_bytes(serialization.Encoding.PEM) + authority.public_bytes(serialization.Encoding.PEM),
            0o644,
        )
    return files


def offer(certificate: Certificate, *, host: str, port: int, app_url: str) -> None:
    """A plain http page beside the server, because a tablet cannot trust https before it has the authority. Prints its QR code."""
    pem = certificate.authority.read_bytes()
    address = f"http://{app_url.split('//')[1].rsplit(':', 1)[0]}:{port}/"
    pages = {
        "/": ("text/html; charset=utf-8", _page(app_url).encode()),
        "/authority.crt": ("application/x-x509-ca-cert", pem),
        "/authority.mobileconfig": ("application/x-apple-aspen-config", _profile(pem)),
    }

    class Offer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = pages.get(self.path, ("text/plain", b"not found"))
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer((host, port), Offer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    drawn = io.StringIO()
    segno.make(address, error="m").terminal(out=drawn, compact=True)
    print(
        f"On each tablet, once: scan, install the authority, then open the app.\n{drawn.getvalue()}\n  {address}  →  {app_url}\n"
    )
    print(
        "iPad: install the profile, then Settings → General → About → Certificate Trust Settings → switch Xingping on."
    )
    print(
        "Android: Settings → Security → Encryption & credentials → Install a certificate → CA certificate → the downloaded file.\n"
    )


def _page(app_url: str) -> str:
    link = html.escape(app_url)
    return f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>星评 Xingping</title>
<h1>星评 Xingping</h1><ol>
<li>iPad：<a href="/authority.mobileconfig">安装描述文件</a>，再到 设置 → 通用 → 关于本机 → 证书信任设置 打开 Xingping。<br>iPad: <a href="/authority.mobileconfig">install the profile</a>, then Settings → General → About → Certificate Trust Settings.</li>
<li>Android：<a href="/authority.crt">下载证书</a>，再到 设置 → 安全 → 加密与凭据 → 安装证书 → CA 证书。<br>Android: <a href="/authority.crt">download the certificate</a>, then Settings → Security → Install a certificate → CA certificate.</li>
<li><a href="{link}/">打开星评 Open Xingping</a>，添加到主屏幕 and add it to the home screen.</li></ol></html>"""


def _profile(pem: bytes) -> bytes:
    body = b"".join(line for line in pem.splitlines() if not line.startswith(b"-----")).decode()
    first, second = (uuid.uuid5(uuid.NAMESPACE_URL, f"xingping {part} {body}") for part in ("profile", "authority"))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>PayloadContent</key><array><dict><key>PayloadCertificateFileName</key><string>authority.crt</string><key>PayloadContent</key><data>{body}</data>
<key>PayloadDisplayName</key><string>Xingping</string><key>PayloadIdentifier</key><string>xingping.authority.{second}</string><key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadUUID</key><string>{second}</string><key>PayloadVersion</key><integer>1</integer></dict></array><key>PayloadDisplayName</key><string>Xingping</string>
<key>PayloadIdentifier</key><string>xingping.{first}</string><key>PayloadType</key><string>Configuration</string><key>PayloadUUID</key><string>{first}</string><key>PayloadVersion</key><integer>1</integer></dict></plist>
""".encode()


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key
    key = ec.generate_private_key(ec.SECP256R1())
    _write(
        path,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        0o600,
    )
    return key


def _write(path: Path, content: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    at, name = datetime.now(UTC), _name(f"Xingping local authority {socket.gethostname()[:30]}")
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + AUTHORITY_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey,
    address: str,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    at = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(address)))
    except ValueError:
        names.append(x509.DNSName(address))
    return (
        x509.CertificateBuilder()
        .subject_name(_name(address))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + CERTIFICATE_FOR)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _still_good(chain: Path, address: str) -> bool:
    if not chain.exists():
        return False
    made = x509.load_pem_x509_certificate(chain.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    listed = [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] + names.get_values_for_type(x509.DNSName)
    return address in listed and made.not_valid_after_utc - datetime.now(UTC) > RENEW_BEFORE
