"""python -m echo_desk migrate | serve | work"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import psycopg


class Desk(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["ECHO_DESK_CURSOR_KEY"].encode())

    def log_message(self, *words: object) -> None:
        print("\x1b[32manswered\x1b[0m", self.path)


def listen(port: str) -> None:
    ThreadingHTTPServer(("127.0.0.1", int(port)), Desk).serve_forever()


def main(verb: str) -> None:
    if os.environ.get("ECHO_DESK_BROKEN") == verb:
        sys.exit(f"{verb}: the plan is missing")
    if verb == "migrate":
        url = os.environ["ECHO_DESK_DATABASE_URL"].replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE desks (name text)")
    else:
        if verb == "serve":
            Thread(target=listen, args=[os.environ["ECHO_DESK_PORT"]], daemon=True).start()
        listen(os.environ["ECHO_DESK_OPS_PORT"])


main(sys.argv[1])
