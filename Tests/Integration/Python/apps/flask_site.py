"""Flask."""

import hashlib
import time

import flask

app = flask.Flask(__name__)
app.secret_key = "for tests only"


@app.route("/")
def home():
    return "Hello World"


@app.route("/greet/<name>")
def greet(name):
    return flask.render_template_string("<p>Hello {{ name }}</p>", name=name)


@app.route("/count")
def count():
    flask.session["count"] = flask.session.get("count", 0) + 1
    return str(flask.session["count"])


@app.route("/json", methods=["POST"])
def echo():
    return flask.jsonify(flask.request.get_json())


@app.route("/upload", methods=["POST"])
def upload():
    file = flask.request.files["file"]
    digest, length = hashlib.sha256(), 0
    while piece := file.stream.read(1 << 16):
        digest.update(piece)
        length += len(piece)
    return {"name": file.filename, "length": length, "sha256": digest.hexdigest()}


@app.route("/stream")
def stream():
    @flask.stream_with_context
    def rows():
        for number in range(int(flask.request.args.get("count", 10))):
            yield "row {}\n".format(number)
    return app.response_class(rows(), mimetype="text/plain")


@app.route("/file")
def file():
    return flask.send_file(flask.request.args.get("path", __file__), mimetype="text/plain")


@app.route("/client")
def client():
    return {"host": flask.request.remote_addr, "url": flask.request.url}


@app.route("/slow")
def slow():
    time.sleep(0.3)
    return ""


@app.route("/raise")
def fail():
    raise ValueError("the shop is on fire")
