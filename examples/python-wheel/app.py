"""Takes the connection strings of PostgreSQL apart, as its own library does: for an argument, or as a server."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import psycopg2
from psycopg2.extensions import libpq_version, parse_dsn


def answer(text):
    try:
        return 200, {"libpq": libpq_version(), "parts": parse_dsn(text)}
    except psycopg2.ProgrammingError as error:
        return 400, {"error": str(error).strip()}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = parse_qs(urlsplit(self.path).query).get("dsn", [""])[0]
        status, body = answer(asked)
        data = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if len(sys.argv) > 1:
    status, body = answer(sys.argv[1])
    print(json.dumps(body))
    sys.exit(0 if status == 200 else 1)
ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
