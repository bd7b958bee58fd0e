"""The page of the admin socket in a real browser."""

import signal
import unittest

from admin import ObservedService, each
from browser import Browser, Relay
from services import ASYNCIO, SWIFT, Load

CHARTS = {"chart-requests": ["rate", "errors"], "chart-latency": ["p50", "p90", "p99"],
          "chart-connections": ["connections", "inFlight"], "chart-memory": ["memory"]}
# Markup in a path, as it is and percent-encoded; neither may become markup in the page.
EVIL = "/sleep/600000/<img/src=x/onerror=alert(1)>"
ENCODED = "/sleep/600000/%3Cscript%3Ealert(1)%3C/script%3E"

POINTS = """[...document.querySelectorAll('#{} polyline')].filter(line => line.getAttribute('points').trim().split(/\\s+/).length >= 2)
    .map(line => line.dataset.series)"""
ROWS = "[...document.querySelectorAll('#{} tr')].slice(1).map(row => [...row.cells].map(cell => cell.textContent))"


def show(test, service, **options):
    """The service's page in a browser, and where it is."""
    browser, relay = Browser(test, **options), Relay(test, service.admin.path)
    browser.open(relay.address)
    browser.wait_for("document.getElementById('state')?.className == 'ready'", "the page does not show that the service is ready")
    return browser, relay


class PageTests(unittest.TestCase):
    @each(SWIFT, ASYNCIO)
    def test_it_shows_the_service(self, kind, workers):
        service = ObservedService(self, kind, "--workers={}".format(workers)).wait_until_ready()
        service.hang(EVIL + "?token=secret")
        service.hang(ENCODED)
        browser, relay = show(self, service)
        with Load(service.connector, clients=2):
            for chart, series in CHARTS.items():
                browser.wait_for("({}).length >= {}".format(POINTS.format(chart), len(series)), chart + " has no lines")
                self.assertEqual(sorted(set(browser.value(POINTS.format(chart)))), sorted(series))
        self.assertEqual(browser.value("document.getElementById('app').textContent"), service.admin.status()["app"])
        self.assertIn("http://unix:" + service.socket, browser.value("document.getElementById('facts').textContent"))

        rows = browser.value(ROWS.format("workers"))
        self.assertEqual([(row[0], int(row[1])) for row in rows],
                         [(str(worker["number"]), worker["pid"]) for worker in service.admin.status()["workers"]])
        requests = browser.value(ROWS.format("requests"))
        for path in (EVIL, ENCODED):
            self.assertIn("GET " + path, [row[3] for row in requests])
        self.assertNotIn("secret", browser.value("document.documentElement.outerHTML"))
        self.assertEqual(browser.value("document.querySelectorAll('img, #requests script, iframe, link').length"), 0)

        self.assertGreaterEqual(len(browser.requests), 3)
        for address in browser.requests:
            self.assertIn(address, (relay.address, relay.address + "status"))
        self.assertEqual(browser.errors, [])

        service.signal(signal.SIGKILL)
        browser.wait_for("document.getElementById('state').className == 'lost'", "the page does not show that the service is gone")


def write_picture(path, kind=ASYNCIO):
    """Writes a picture of the page with traffic as a PNG, for documentation."""
    class Making(unittest.TestCase):
        def runTest(self):
            service = ObservedService(self, kind, "--workers=2", "--forwarded-allow-ips=unix:").wait_until_ready()
            service.hang("/sleep/600000/orders/18", **{"X-Forwarded-For": "192.0.2.7"})
            browser, _ = show(self, service, size=(1100, 1010))
            with Load(service.connector, clients=3):
                browser.wait_for("document.querySelector('#chart-requests polyline')?.getAttribute('points').split(' ').length > 30", "no chart")
            browser.picture(path)

    result = unittest.TextTestRunner().run(Making())
    if not result.wasSuccessful():
        raise SystemExit(1)


if __name__ == "__main__":
    unittest.main()
