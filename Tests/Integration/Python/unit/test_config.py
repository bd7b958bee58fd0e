import copy
import ssl
import sys
import tempfile
import unittest
from pathlib import Path

import tree
from roost._setting import Setting
from roost.config import Config


class HypercornNames(unittest.TestCase):
    def test_one_address_or_several(self):
        config = Config()
        self.assertEqual(config.bind, ["127.0.0.1:8000"])
        config.bind = "localhost:8080"
        self.assertEqual(config.bind, ["localhost:8080"])
        config.bind = ["unix:/run/a.sock", "[::1]:80"]
        self.assertEqual(config.values(), {"bind": ["unix:/run/a.sock", "[::1]:80"]})

    def test_an_address_may_be_a_table(self):
        table = {"address": "unix:/run/a.sock", "proxy_protocol": "v2"}
        self.assertEqual(Config.from_mapping(bind=table).values(), {"bind": [table]})
        self.assertEqual(Config.from_mapping(bind=["[::1]:80", table]).values(), {"bind": ["[::1]:80", table]})
        with self.assertRaisesRegex(ValueError, r"Config\.bind = \[5\]: expected addresses"):
            Config().bind = [5]
        if tree.BUILT:
            from roost import _roost

            self.assertEqual(_roost.config(Config.from_mapping(bind=table).values()).get("bind"), ["unix:/run/a.sock?proxy_protocol=v2"])
            with self.assertRaisesRegex(ValueError, "proxy_protcol of unix:/a: unknown option; did you mean proxy_protocol"):
                _roost.config({"bind": [{"address": "unix:/a", "proxy_protcol": "v2"}]})

    def test_an_address_may_be_added(self):
        config = Config()
        config.bind.append("unix:/run/a.sock")
        self.assertEqual(config.values(), {"bind": ["127.0.0.1:8000", "unix:/run/a.sock"]})
        self.assertEqual(Config().bind, ["127.0.0.1:8000"])

    def test_a_list_that_was_only_looked_at_is_not_set(self):
        config = Config()
        self.assertEqual(config.forwarded_allow_ips, [])
        self.assertEqual(config.values(), {})

    def test_no_address_is_refused(self):
        with self.assertRaisesRegex(ValueError, r"Config\.bind = \[\]: expected at least one address"):
            Config().bind = []

    def test_values_have_the_keys_of_the_settings_table(self):
        config = Config()
        config.accesslog = "-"
        config.loglevel = "WARN"
        config.access_log_format = '%(h)s %(l)s %(l)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'
        config.errorlog = Path("/var/log/shop.log")
        config.user, config.group, config.umask = 33, "www-data", 0o007
        config.root_path = "/app/"
        config.h11_max_incomplete_size = 8192
        config.wsgi_max_body_size = "1GiB"
        config.keep_alive_timeout = None
        config.graceful_timeout = 3
        self.assertEqual(
            config.values(),
            {
                "access_logfile": "-",
                "log_level": "warning",
                "access_log_format": '%(h)s %(l)s %(l)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
                "error_logfile": "/var/log/shop.log",
                "socket_user": "33",
                "socket_group": "www-data",
                "umask": "0007",
                "root_path": "/app",
                "limit_request_head": 8192,
                "wsgi_max_body_size": "1GiB",
                "keep_alive_timeout": None,
                "graceful_timeout": 3,
            },
        )

    def test_what_apps_may_have_the_proxy_do_is_a_setting(self):
        config = Config.from_mapping(early_hints=True, accel_map="/srv/files=/protected")
        self.assertEqual(config.values(), {"early_hints": True, "accel_map": ["/srv/files=/protected"]})

    def test_every_attribute_of_hypercorn_has_a_meaning_or_advice(self):
        for name in """
            access_log_format accesslog alpn_protocols alt_svc_headers application_path backlog bind ca_certs cert_reqs certfile ciphers daemon debug
            dogstatsd_tags errorlog graceful_timeout group h11_max_incomplete_size h11_pass_raw_headers h2_max_concurrent_streams h2_max_header_list_size
            h2_max_inbound_frame_size include_date_header include_server_header insecure_bind keep_alive_max_requests keep_alive_timeout keyfile
            keyfile_password logconfig logconfig_dict logger_class loglevel max_app_queue_size max_requests max_requests_jitter pid_path quic_bind
            read_timeout root_path server_names shutdown_timeout ssl_handshake_timeout startup_timeout statsd_host statsd_prefix umask use_reloader user
            verify_flags verify_mode websocket_max_message_size websocket_ping_interval worker_class workers wsgi_max_body_size
        """.split():
            with self.subTest(name):
                self.assertTrue(hasattr(Config(), name))
                if isinstance(vars(Config).get(name), Setting):
                    setattr(Config(), name, getattr(Config(), name))
                else:
                    with self.assertRaisesRegex(AttributeError, "has no meaning here: ."):
                        setattr(Config(), name, "something else")

    def test_hypercorn_s_limits_are_settings(self):
        config = Config.from_mapping(server_names="a.example", keep_alive_max_requests=5, wsgi_max_body_size=None)
        self.assertEqual(config.values(), {"server_names": ["a.example"], "keep_alive_max_requests": 5, "wsgi_max_body_size": None})

    def test_tls_is_said_as_to_hypercorn(self):
        config = Config.from_mapping(
            certfile=Path("/a.pem"), keyfile="/a.key", keyfile_password="sesame", ca_certs="/ca.pem", verify_mode=ssl.CERT_REQUIRED,
            alpn_protocols=["http/1.1"], ssl_handshake_timeout=5, insecure_bind="[::]:80",
            certificate={"certfile": Path("/b.pem"), "server_names": ["b.example"]},
        )
        self.assertEqual(config.values(), {
            "certfile": "/a.pem", "keyfile": "/a.key", "keyfile_password": "sesame", "ca_certs": "/ca.pem", "verify_mode": "required",
            "alpn_protocols": ["http/1.1"], "ssl_handshake_timeout": 5, "insecure_bind": ["[::]:80"],
            "certificate": [{"certfile": "/b.pem", "server_names": ["b.example"]}],
        })
        config.cert_reqs = None
        self.assertEqual(config.verify_mode, "none")
        with self.assertRaisesRegex(ValueError, "Config.cert_reqs = 7: expected a value of ssl.VerifyMode"):
            config.cert_reqs = 7

    def test_two_names_are_one_value(self):
        config = Config()
        config.accesslog = Path("/var/log/a")
        self.assertEqual(config.access_logfile, "/var/log/a")

    def test_what_asks_for_nothing_is_let_be(self):
        config = Config()
        config.workers = 1
        config.use_reloader = False
        config.worker_class = "uvloop"
        self.assertEqual(config.values(), {})
        self.assertEqual(config.workers, 1)
        self.assertFalse(config.use_reloader)

    def test_what_means_nothing_says_what_to_do_instead(self):
        for name, value, advice in [
            ("workers", 4, "reuse_port"),
            ("verify_flags", 4, "without revocation lists"),
            ("use_reloader", True, "start the program again"),
            ("workers", True, "reuse_port"),
            ("debug", True, "asyncio.run"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(AttributeError, f"Config.{name} = .*has no meaning here: .*{advice}"):
                setattr(Config(), name, value)

    def test_an_unknown_name_is_an_error_with_a_suggestion(self):
        with self.assertRaisesRegex(AttributeError, "no attribute 'graceful_timout'; did you mean graceful_timeout?"):
            Config().graceful_timout = 99
        with self.assertRaisesRegex(AttributeError, "did you mean workers?"):
            Config().wokers
        with self.assertRaisesRegex(AttributeError, "no attribute 'zzz'$"):
            Config().zzz
        self.assertFalse(hasattr(Config(), "zzz"))

    def test_a_configuration_can_be_copied(self):
        config = Config.from_mapping(bind="unix:/a", backlog=7)
        other = copy.deepcopy(config)
        other.bind.append("unix:/b")
        self.assertEqual(config.values(), {"bind": ["unix:/a"], "backlog": 7})

    def test_a_wrong_value_says_which(self):
        with self.assertRaisesRegex(ValueError, "Config.umask = 4096: expected a mode"):
            Config().umask = 4096
        with self.assertRaisesRegex(ValueError, "Config.loglevel = 10"):
            Config().loglevel = 10
        with self.assertRaisesRegex(TypeError, "Config.bind = 8000: 'int' object is not iterable"):
            Config().bind = 8000


class Sources(unittest.TestCase):
    def test_a_mapping_and_names(self):
        config = Config.from_mapping({"bind": "unix:/a"}, backlog=5)
        self.assertEqual(config.values(), {"bind": ["unix:/a"], "backlog": 5})
        with self.assertRaisesRegex(AttributeError, "did you mean backlog?"):
            Config.from_mapping(backlogs=5)

    @unittest.skipIf(sys.version_info < (3, 11), "needs tomllib")
    def test_a_file(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "h.toml"
            file.write_text('bind = ["unix:/a"]\nkeep_alive_timeout = "1m"\n')
            self.assertEqual(Config.from_toml(file).values(), {"bind": ["unix:/a"], "keep_alive_timeout": "1m"})
            file.write_text("grateful_timeout = 1\n")
            with self.assertRaisesRegex(AttributeError, r"h.toml: .*did you mean graceful_timeout"):
                Config.from_toml(file)
            file.write_text("bind = \n")
            with self.assertRaisesRegex(ValueError, r"h.toml: .*line 1"):
                Config.from_toml(file)

    @unittest.skipIf(sys.version_info >= (3, 11), "there is tomllib")
    def test_an_old_interpreter_says_what_to_do_about_a_file(self):
        with self.assertRaisesRegex(RuntimeError, "Python 3.11.*tomli"):
            Config.from_toml("h.toml")


@unittest.skipUnless(tree.BUILT, "needs the built extension")
class Defaults(unittest.TestCase):
    def test_they_are_the_settings_table_s(self):
        from roost import _roost

        server = _roost.Server(_roost.config({}), "wsgi", lambda environ, start_response: [], None)
        for name, setting in vars(Config).items():
            if isinstance(setting, Setting):
                with self.subTest(name):
                    told = server.setting(setting.key)
                    default = int(setting.default, 8) if setting.key == "socket_mode" else setting.default
                    if isinstance(default, list):
                        told, default = sorted(told), sorted(default)
                    self.assertEqual(told, default)
        server.close()


if __name__ == "__main__":
    unittest.main()
