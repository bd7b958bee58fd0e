from django.contrib import admin
from django.urls import path

from django_site import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", views.home),
    path("async", views.async_home),
    path("upload", views.upload),
    path("stream", views.stream),
    path("async-stream", views.async_stream),
    path("file", views.file),
    path("client", views.client),
    path("users", views.users),
    path("raise", views.fail),
]
