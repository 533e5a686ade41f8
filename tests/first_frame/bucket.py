"""An S3-compatible bucket on this machine, over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import httpx
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

KEY_ID, SECRET = "AKIASENTINEL00000000", "secret-SENTINEL-456/abc+def"
KEYS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}


@dataclass
class BucketServer:
    """A running server with one bucket in it."""

    root: str
    bucket: str
    seen: list[tuple[str, str, str]]
    """Method, path and query of every request that it got."""

    def keys(self) -> list[str]:
        """The objects in the bucket."""
        listed = httpx.get(f"{self.root}/{self.bucket}", params={"list-type": "2"}, timeout=60)
        tags = ET.fromstring(listed.text).iter()  # noqa: S314  # our own server's answer
        return sorted(tag.text or "" for tag in tags if tag.tag.endswith("Key"))

    def count(self, method: str) -> int:
        """How many requests there were to objects with `method`."""
        return sum(m == method and path.count("/") > 1 for m, path, _ in self.seen)

    def settings(self, **more: object) -> str:
        """The lines of production.toml that name the bucket."""
        lines = {"bucket": self.bucket, "endpoint_url": self.root, **more}
        values = "\n".join(
            f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}"
            for name, value in lines.items()
        )
        return f'\n[first_frames]\ndelivery = "s3"\n[first_frames.s3]\n{values}\n'


@contextmanager
def bucket_server(bucket: str = "show-frames") -> Iterator[BucketServer]:
    """A server for as long as the context lasts."""
    seen: list[tuple[str, str, str]] = []
    app = DomainDispatcherApplication(create_backend_app)

    def watched(environ: dict[str, Any], start_response: Any) -> Any:
        seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]))
        return app(environ, start_response)

    server = make_server("127.0.0.1", 0, watched, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        root = f"http://127.0.0.1:{server.server_port}"
        httpx.post(f"{root}/moto-api/reset", timeout=60).raise_for_status()
        httpx.put(f"{root}/{bucket}", timeout=60).raise_for_status()
        seen.clear()
        yield BucketServer(root, bucket, seen)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        pass
