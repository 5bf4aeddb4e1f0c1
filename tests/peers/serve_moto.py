"""Serves moto on a free loopback port until standard input closes.

Prints the port. An access key id of twelve digits selects the AWS account of a request, so tests with different
accounts share a server without seeing each other's key pairs.
"""

import logging
import os
import re
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

moto = DomainDispatcherApplication(create_backend_app)


def by_account(environ, start_response):
    account = re.search(r"Credential=(\d{12})/", environ.get("HTTP_AUTHORIZATION", ""))
    if account:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account[1]
    return moto(environ, start_response)


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


logging.getLogger("werkzeug").setLevel(logging.ERROR)
threading.Thread(target=end_with_parent, daemon=True).start()
server = make_server("127.0.0.1", 0, by_account, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
