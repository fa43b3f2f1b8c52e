"""A server on this machine that answers pictures, as tests of HTTP and of the pages need it."""

import contextlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np


@contextlib.contextmanager
def answering(answers):
    """A server that gives at each path what `answers` has there: pictures -> bytes.

    Yields its address, and a list of the numbers of pictures that it was sent. `/away` redirects.
    """
    sent = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            images = np.load(io.BytesIO(body), allow_pickle=False)
            sent.append(len(images))
            known = self.path in answers
            self.send_response(307 if self.path == "/away" else 200 if known else 404)
            if self.path == "/away":
                self.send_header("Location", "http://example.com/")
            self.end_headers()
            self.wfile.write(answers[self.path](images) if known else b"nothing here")

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}", sent
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
