"""What the service writes to the journal: entries with fields that journalctl selects by."""

import json
import time
import unittest

from installation import InstalledTestCase

OWN_APP = "/usr/bin/integration-app"
SOCKETS = 'bind = ["systemd:"]\n'
HELLO = 'app = "builtin:hello"\n' + SOCKETS


class JournalTests(InstalledTestCase):
    def entries(self, app, *selection):
        """The entries that the service itself wrote and that journalctl selects."""
        self.machine.run("journalctl", "--sync")
        text = self.machine.run("journalctl", "--output=json", "--all", "--no-pager", "--quiet",
                                "_SYSTEMD_UNIT=" + app.service, *selection).stdout
        return [json.loads(line) for line in text.splitlines()]

    def the_entry(self, app, *selection):
        """The one entry that journalctl selects, as soon as it is there."""
        deadline = time.monotonic() + 10
        while True:
            entries = self.entries(app, *selection)
            if entries or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self.assertEqual(len(entries), 1, (selection, entries, self.machine.log(app.service)))
        return entries[0]

    def refuse(self, app):
        """Sends a request that is none and waits until the service has closed the connection."""
        with app.connector()() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nbroken\r\n\r\n")
            answer = b""
            while True:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)

    def test_an_entry_has_its_metadata_as_fields(self):
        app = self.app("journal-fields", HELLO)
        app.start()
        self.refuse(app)
        entry = self.the_entry(app, "ROOST_STATUS=400")
        self.assertEqual(entry["_TRANSPORT"], "journal")
        self.assertEqual((entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"], entry["LOGGER"]), ("6", "roost", "roost"))
        self.assertEqual((entry["ROOST_STATUS"], entry["ROOST_CLIENT"]), ("400", "unix"))
        self.assertRegex(entry["CODE_FILE"], r"^Roost/\w+\.swift$")
        self.assertRegex(entry["CODE_LINE"], r"^[0-9]+$")
        self.assertNotEqual(entry["CODE_FUNC"], "")
        self.assertRegex(entry["MESSAGE"], "^request refused: .* client=unix .*status=400$", "the line holds its fields as well")
        self.assertEqual(self.entries(app, "ROOST_STATUS=404"), [])

    def test_an_entry_is_found_by_its_priority_and_its_request(self):
        app = self.app("journal-requests", SOCKETS, binary=OWN_APP)
        app.start()
        self.refuse(app)
        answers = [app.ask("/fail") for _ in range(2)]
        self.assertEqual([answer.status for answer in answers], [500, 500])
        for answer in answers:
            entry = self.the_entry(app, "ROOST_REQUEST_ID=" + answer.headers["x-request-id"])
            self.assertRegex(entry["MESSAGE"], "^application failed: ")
            self.assertEqual((entry["PRIORITY"], entry["ROOST_METHOD"], entry["ROOST_PATH"]), ("3", "GET", "/fail"))
        self.the_entry(app, "ROOST_STATUS=400")
        severe = self.entries(app, "--priority=warning")
        self.assertEqual([entry["ROOST_REQUEST_ID"] for entry in severe], [answer.headers["x-request-id"] for answer in answers])

    def test_an_entry_is_found_by_its_trace_if_a_trusted_proxy_tells_it(self):
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {"Traceparent": "00-{}-00f067aa0ba902b7-01".format(trace), "X-Request-ID": "abc"}
        for trusted in ('forwarded_allow_ips = ["unix:"]\n', ""):
            app = self.app("journal-traces", SOCKETS + trusted, binary=OWN_APP)
            app.start()
            self.assertEqual(app.ask("/fail", headers=headers).status, 500)
            self.assertEqual(app.ask("/fail").status, 500)
            if trusted:
                entry = self.the_entry(app, "ROOST_TRACE_ID=" + trace)
                self.assertEqual((entry["ROOST_REQUEST_ID"], entry["ROOST_PATH"]), ("abc", "/fail"))
            app.stop()
        self.the_entry(app, "ROOST_TRACE_ID=" + trace)

    def test_requests_are_entries_beside_what_was_logged_about_them(self):
        app = self.app("journal-access", SOCKETS + 'access_logfile = "journal"\naccess_log_format = "common"\n', binary=OWN_APP)
        app.start()
        good, bad = app.ask("/good?q=1", headers={"User-Agent": "agent \xfc\"1\"", "Referer": "https://example.com/"}), app.ask("/fail")
        entry = self.the_entry(app, "ROOST_REQUEST_ID=" + good.headers["x-request-id"])
        self.assertRegex(entry["MESSAGE"], r'^- - - \[.*\] "GET /good\?q=1 HTTP/1.1" 200 18$')
        self.assertEqual((entry["_TRANSPORT"], entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"], entry["LOGGER"]), ("journal", "6", "integration-app", "roost.access"))
        names = ("CLIENT", "METHOD", "PATH", "QUERY", "STATUS", "BYTES", "REFERER", "BIND")
        self.assertEqual([entry.get("ROOST_" + name) for name in names],
                         ["unix", "GET", "/good", "q=1", "200", "18", "https://example.com/", "unix:" + app.path])
        self.assertRegex(entry["ROOST_DURATION_US"], "^[0-9]+$")
        # A field that is no text is shown as its bytes.
        self.assertEqual(bytes(entry["ROOST_USER_AGENT"]), b'agent \xfc"1"')
        about = self.entries(app, "ROOST_REQUEST_ID=" + bad.headers["x-request-id"])
        self.assertEqual(sorted((entry["LOGGER"], entry["PRIORITY"], entry["ROOST_STATUS"]) for entry in about),
                         [("roost", "3", "500"), ("roost.access", "4", "500")])
        severe = self.entries(app, "--priority=warning")
        self.assertEqual({entry["ROOST_REQUEST_ID"] for entry in severe}, {bad.headers["x-request-id"]})
        self.assertEqual(len(self.entries(app, "ROOST_STATUS=200", "ROOST_METHOD=GET")), 1)

    def test_fields_of_any_size_and_content(self):
        app = self.app("journal-large", SOCKETS + 'access_logfile = "journal"\nlimit_request_line = "60000"\nlimit_request_head = "65535"\n', binary=OWN_APP)
        app.start()
        path = "/" + "x" * 50000
        answer = app.ask(path + "?%0aPRIORITY=0%0d%0aROOST_STATUS=999")
        entry = self.the_entry(app, "ROOST_REQUEST_ID=" + answer.headers["x-request-id"])
        self.assertEqual((entry["ROOST_PATH"], entry["ROOST_QUERY"], entry["PRIORITY"]), (path, "%0aPRIORITY=0%0d%0aROOST_STATUS=999", "6"))
        self.assertEqual(self.entries(app, "ROOST_STATUS=999"), [])

    def test_workers_and_the_supervisor_write_in_the_same_form(self):
        app = self.app("journal-workers", SOCKETS + 'workers = 2\naccess_logfile = "journal"\n', binary=OWN_APP)
        app.start()
        answer = app.ask("/fail")
        about = self.entries(app, "ROOST_REQUEST_ID=" + answer.headers["x-request-id"])
        self.assertEqual(len(about), 2, about)
        self.assertEqual(len({entry["ROOST_WORKER"] for entry in about} & {"1", "2"}), 1)
        self.assertNotIn(app.show("MainPID"), {entry["_PID"] for entry in about})
        entries = [entry for entry in self.entries(app) if entry["_PID"] == app.show("MainPID") and entry["_TRANSPORT"] == "journal"]
        self.assertTrue(any(entry["MESSAGE"].startswith("running on ") for entry in entries), entries)

    def test_lines_in_another_form_keep_their_priority(self):
        app = self.app("journal-json", SOCKETS + 'log_format = "json"\n', binary=OWN_APP)
        app.start()
        answer = app.ask("/fail")
        severe = [entry for entry in self.entries(app, "--priority=err") if entry["_TRANSPORT"] == "stdout"]
        self.assertEqual([json.loads(entry["MESSAGE"])["request_id"] for entry in severe], [answer.headers["x-request-id"]])

    def test_a_journal_that_hangs_keeps_nobody_waiting(self):
        app = self.app("journal-hung", SOCKETS + 'access_logfile = "journal"\n', binary=OWN_APP)
        app.start()
        journal = self.machine.show("systemd-journald.service", "MainPID")
        self.machine.run("kill", "-STOP", journal)
        try:
            with app.connection() as connection:
                # More than its socket keeps.
                for _ in range(3000):
                    self.assertEqual(connection.ask("/").status, 200)
        finally:
            self.machine.run("kill", "-CONT", journal)
        deadline = time.monotonic() + 30
        while not (lost := self.dropped(app)):
            self.assertLess(time.monotonic(), deadline, self.machine.log(app.service))
            app.ask("/again")
        self.assertEqual(lost[0]["PRIORITY"], "4")
        self.assertGreater(int(lost[0]["MESSAGE"].split()[0]), 0)

    def dropped(self, app):
        return [entry for entry in self.entries(app, "--priority=warning") if entry["MESSAGE"].endswith("dropped: the journal takes nothing")]

    def test_without_the_journals_socket_the_same_text_is_a_line(self):
        app = self.app("journal-hidden", HELLO, dropin="[Service]\nInaccessiblePaths=/run/systemd/journal/socket\n")
        app.start()
        self.refuse(app)
        entries = [entry for entry in self.entries(app) if entry["MESSAGE"].startswith("request refused: ")]
        self.assertEqual(len(entries), 1, self.machine.log(app.service))
        self.assertEqual((entries[0]["_TRANSPORT"], entries[0]["PRIORITY"]), ("stdout", "6"))
        self.assertRegex(entries[0]["MESSAGE"], "^request refused: .* client=unix .*status=400$")
        self.assertNotIn("ROOST_STATUS", entries[0])


if __name__ == "__main__":
    unittest.main()
