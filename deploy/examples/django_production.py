"""/srv/django/mysite/production.py: the settings that the site is served with, on top of those that "startproject mysite" makes."""

import os

from mysite.settings import *

DEBUG = False
ALLOWED_HOSTS = ["django.example"]
# From /etc/roost/django.env.
SECRET_KEY = os.environ["SECRET_KEY"]

# The directory is the app's own, and the only one that it may write to.
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/var/lib/roost/django/db.sqlite3"}}

# Where "manage.py collectstatic" puts the files that nginx serves.
STATIC_ROOT = "/srv/django/static"

# Django would send errors by mail and log nothing else. Without its configuration, records go to Roost's log: each is one entry in the
# journal, its traceback included.
LOGGING_CONFIG = None

# Nothing is needed for request.is_secure() and the client's address: both are what nginx told Roost.
