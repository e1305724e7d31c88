"""A web service that calls another one over HTTPS: flask, the standard library's ssl, and the image's CA certificates."""

import os
import ssl
import urllib.request

from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/")
def index():
    return jsonify(message="Python without a shell", openssl=ssl.OPENSSL_VERSION)


@app.get("/fetch")
def fetch():
    context = ssl.create_default_context(cafile=os.environ.get("EXTRA_CA"))
    with urllib.request.urlopen(os.environ["UPSTREAM"], context=context, timeout=10) as answer:
        return jsonify(status=answer.status, body=answer.read().decode())


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=8000)
