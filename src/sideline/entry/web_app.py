"""The built web app as files: hashed assets for ever, everything else the page itself."""

import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from sideline.kit.problems import PROBLEM_JSON

WEB_DIST = Path(__file__).resolve().parents[1] / "web_dist"

FOR_EVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"

SMALLEST_GZIP = 1024
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml", "application/manifest+json")

_NOT_BUILT = (
    b'{"type":"/problems/not_built","title":"Not found","status":404,"code":"not_built",'
    b'"detail":"The web app is not built: run make run, or npm run build in web/."}'
)


class _File:
    """A file as it is sent, plain and compressed."""

    def __init__(self, path: Path, modified: int) -> None:
        self.modified = modified
        self.plain = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self.kind = f"{kind}; charset=utf-8".encode() if kind.startswith("text/") else kind.encode()
        compressed = b""
        if len(self.plain) >= SMALLEST_GZIP and kind.startswith(COMPRESSIBLE):
            compressed = gzip.compress(self.plain, 9, mtime=0)
        self.gzipped = compressed if len(compressed) < len(self.plain) else b""
        self.tag = f'"{hashlib.sha256(self.plain).hexdigest()[:32]}"'.encode()


class WebApp:
    """Serves ``folder`` as ASGI: a path of the app's router gets ``index.html``."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = (folder or WEB_DIST).resolve()
        self._files: dict[str, _File] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a GET or HEAD request."""
        if scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, 405, [(b"allow", b"GET, HEAD")], b"")
            return
        path = scope["path"]
        is_asset = path.startswith("/assets/")
        file = self._file(path)
        if file is None and not is_asset:
            # A place within the app, or an unknown one: its router tells which.
            file = self._file("/index.html")
        if file is None:
            await _answer(send, 404, [(b"content-type", PROBLEM_JSON.encode())], _NOT_BUILT if not is_asset else b"")
            return
        asked = dict(scope["headers"])
        headers = [
            (b"content-type", file.kind),
            (b"cache-control", FOR_EVER if is_asset else ASK_AGAIN),
            (b"etag", file.tag),
            (b"vary", b"accept-encoding"),
        ]
        if file.tag in asked.get(b"if-none-match", b""):
            await _answer(send, 304, headers, b"")
            return
        body = file.plain
        if file.gzipped and b"gzip" in asked.get(b"accept-encoding", b""):
            body = file.gzipped
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        await _answer(send, 200, headers, b"" if scope["method"] == "HEAD" else body)

    def _file(self, path: str) -> _File | None:
        """Return the file at ``path``, read once until it changes; None outside the folder or where there is none."""
        if "\0" in path:
            return None
        place = (self._folder / path.lstrip("/")).resolve()
        if not place.is_relative_to(self._folder):
            return None
        try:
            if not place.is_file():
                return None
            modified = place.stat().st_mtime_ns
            known = self._files.get(str(place))
            if known is None or known.modified != modified:
                known = self._files[str(place)] = _File(place, modified)
        except OSError:
            return None
        return known


async def _answer(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
