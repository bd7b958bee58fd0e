"""Configuration that systemd passes as a credential, and checks before a service is started, under the real systemd."""

import json
import subprocess
import unittest

from certificates import Authority
from clients import Connection
from installation import InstalledTestCase
from requirements import deploy

SOCKETS = 'bind = ["systemd:"]\n'
RUN = "[Service]\nExecStart=\nExecStart=/usr/bin/roost serve {}\n"


class CredentialTests(InstalledTestCase):
    def test_a_file_that_root_alone_may_read_is_the_configuration(self):
        app = self.app("secret-file", dropin=RUN.format("--config credential:app.toml") + "LoadCredential=app.toml:/etc/secret.toml\n")
        self.machine.write("/etc/secret.toml", 'app = "builtin:hello"\ninclude_server_header = false\n' + SOCKETS, 0o600)
        self.addCleanup(self.machine.remove, "/etc/secret.toml")
        app.start()
        self.assertEqual(app.show("User"), "roost-secret-file")
        answer = app.ask()
        self.assertEqual(answer.status, 200)
        self.assertNotIn("server", answer.headers)

    def test_a_text_in_the_unit_is_the_configuration_of_every_worker(self):
        text = r'app = "builtin:hello"\nworkers = 2\ninclude_date_header = false\nbind = ["systemd:"]\n'
        app = self.app("secret-text", dropin=RUN.format("--config credential:app.toml") + "SetCredential=app.toml:{}\n".format(text))
        app.start()
        answer = app.ask()
        self.assertEqual(answer.status, 200)
        self.assertNotIn("date", answer.headers)
        self.machine.systemctl("reload", app.service)
        app.wait_for("StatusText", lambda text: text.startswith("serving"))
        self.assertEqual(app.ask().status, 200)

    def test_a_mistake_in_it_is_found_where_it_stands(self):
        app = self.app("secret-mistake", dropin=RUN.format("--config credential:app.toml") + r"SetCredential=app.toml:\nbacklg = 1\n" + "\n")
        self.assertNotEqual(app.start(check=False).returncode, 0)
        self.assertIn('roost: error: credential:app.toml:2:1: unknown setting "backlg"; did you mean backlog?', app.messages())

    def test_one_that_is_missing_is_named_with_those_that_are_there(self):
        app = self.app("secret-missing", dropin=RUN.format("--config credential:app.toml") + "SetCredential=other:x\n")
        self.assertNotEqual(app.start(check=False).returncode, 0)
        self.assertIn('roost: error: cannot read the configuration file "credential:app.toml": systemd has passed no credential of this name, only other; '
                      "add LoadCredential=app.toml:PATH to the service unit", app.messages())
        self.assertEqual(app.show("ExecMainStatus"), "2")

    def test_a_service_without_any_is_told_how_to_have_one(self):
        app = self.app("secret-none", dropin=RUN.format("--config credential:app.toml"))
        self.assertNotEqual(app.start(check=False).returncode, 0)
        self.assertIn("CREDENTIALS_DIRECTORY is not set; systemd sets it for a service with LoadCredential=app.toml:PATH", "\n".join(app.messages()))


class CertificateTests(InstalledTestCase):
    def test_a_key_that_root_alone_may_read_speaks_tls(self):
        authority = Authority()
        self.addCleanup(authority.remove)
        certificate = authority.sign("shop", "localhost")
        key = subprocess.run(["openssl", "pkey", "-in", certificate, "-aes256", "-passout", "pass:sesame"], stdout=subprocess.PIPE, check=True,
                             universal_newlines=True).stdout
        with open(certificate) as file:
            text = file.read()
        live = "/etc/letsencrypt/live/secret-tls/"
        for name, content in (("fullchain.pem", text[:text.index("-----BEGIN PRIVATE KEY")]), ("privkey.pem", key), ("password", "sesame\n")):
            self.machine.write(live + name, content, 0o600)
        self.addCleanup(self.machine.run, "rm", "-r", "/etc/letsencrypt")
        with open(deploy("examples", "tls.conf")) as file:
            shipped = file.read()
        app = self.app("secret-tls", 'app = "builtin:echo"\nworkers = 2\ncertfile = "credential:certificate.pem"\nkeyfile = "credential:key.pem"\n'
                       'keyfile_password = "credential:password"\n' + SOCKETS, dropin=shipped + "LoadCredential=password:{}password\n".format(live))
        app.start()
        self.assertEqual(app.show("User"), "roost-secret-tls")
        context = authority.client_context()

        def ask():
            with Connection(lambda: context.wrap_socket(app.connector()(), server_hostname="localhost")) as connection:
                return json.loads(connection.ask().body)
        self.assertEqual(ask()["scheme"], "https")
        self.machine.systemctl("reload", app.service)
        app.wait_for("StatusText", lambda text: text.startswith("serving"))
        self.assertEqual(ask()["scheme"], "https")


class CheckTests(InstalledTestCase):
    CHECK = "[Service]\nExecStartPre=/usr/bin/roost check --config /etc/roost/%i.toml\n"

    def test_a_right_service_starts_after_its_check(self):
        app = self.app("checked", 'app = "builtin:hello"\n' + SOCKETS, dropin=self.CHECK)
        app.start()
        self.assertEqual(app.ask().status, 200)
        messages = app.messages()
        self.assertIn("ok", messages)
        self.assertIn("roost: note: systemd: was not tried: systemd passes sockets to the service alone, not to this check", messages)
        # While it runs, as before a reload.
        done = self.machine.run("/usr/bin/roost", "check", "--running", "--config", "/etc/roost/checked.toml", "--allow-root")
        self.assertEqual(done.stdout, "ok\n")

    def test_a_wrong_one_is_not_started_and_everything_wrong_is_in_the_journal(self):
        app = self.app("unchecked", 'app = "builtin:helo"\nbacklg = 1\nbind = ["unix:/nonexistent/a.sock"]\n', dropin=self.CHECK)
        self.assertNotEqual(app.start(check=False).returncode, 0)
        self.assertEqual(app.show("ExecMainStartTimestampMonotonic"), "0")
        entries = [(entry["MESSAGE"], entry["PRIORITY"]) for entry in self.machine.journal(app.service) if entry.get("SYSLOG_IDENTIFIER") == "roost"]
        errors = [message for message, priority in entries if priority == "3" and message.startswith("roost: error: ")]
        self.assertEqual(len(errors), 3, entries)
        for error, expected in zip(errors, ("unknown setting \"backlg\"", "the directory /nonexistent does not exist", "did you mean builtin:hello?")):
            self.assertIn(expected, error)


if __name__ == "__main__":
    unittest.main()
