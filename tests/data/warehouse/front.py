"""Answers questions over HTTP as a ClickHouse server does, from the engine of today inside of this process.

Debian's server is years older than what people run, and no registry has a newer server; the engine itself
is on PyPI. It takes what tests send: a question in the body, or rows in the body and the question in the address.

    front.py FOLDER

prints its port when it listens.
"""

import http.server
import os
import re
import sys
import tempfile
import threading
import urllib.parse

from chdb import session

FOLDER = sys.argv[1]
ENGINE = session.Session(os.path.join(FOLDER, "data"))
ONE_AT_A_TIME = threading.Lock()


def rows_from(path, question):
    """The question that inserts the rows of a file."""
    found = re.fullmatch(r"\s*(INSERT INTO \S+) (FORMAT \w+)\s*", question)
    return f"{found[1]} FROM INFILE '{path}' {found[2]}"


def answer(database, question, body):
    with ONE_AT_A_TIME:
        if database:
            ENGINE.query(f"USE {database}")
        if not body:
            form = re.search(r"\bFORMAT\s+(\w+)\s*$", question)
            stated = question[: form.start()] if form else question
            return bytes(ENGINE.query(stated, form[1] if form else "TabSeparated").bytes() or b"")
        with tempfile.NamedTemporaryFile(dir=FOLDER) as rows:
            rows.write(body)
            rows.flush()
            ENGINE.query(rows_from(rows.name, question))
            return b""


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self):
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def do_POST(self):
        given = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        body = self.body()
        question = given.get("query")
        try:
            if question is None:
                out = answer(given.get("database"), body.decode(), b"")
            else:
                out = answer(given.get("database"), question, body)
            status, code = 200, None
        except Exception as error:  # what the engine says is the answer
            out = str(error).encode()
            found = re.search(r"Code: (\d+)", str(error))
            status, code = 500, found[1] if found else "1"
        self.send_response(status)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
