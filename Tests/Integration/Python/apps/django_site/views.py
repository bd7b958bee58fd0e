import asyncio
import hashlib

from django.contrib.auth.models import User
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt


def home(request):
    return HttpResponse("Hello World")


async def async_home(request):
    await asyncio.sleep(0.001)
    return HttpResponse("Hello World")


@csrf_exempt
def upload(request):
    file = request.FILES["file"]
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    return JsonResponse({"name": file.name, "length": file.size, "sha256": digest.hexdigest()})


def stream(request):
    return StreamingHttpResponse(("row {}\n".format(number) for number in range(10)), content_type="text/plain")


def async_stream(request):
    async def rows():
        for number in range(10):
            yield "row {}\n".format(number)
            await asyncio.sleep(0)
    return StreamingHttpResponse(rows(), content_type="text/plain")


def file(request):
    return FileResponse(open(request.GET.get("path", __file__), "rb"), content_type="text/plain")


def client(request):
    return JsonResponse({"host": request.META.get("REMOTE_ADDR"), "url": request.build_absolute_uri(), "secure": request.is_secure()})


async def users(request):
    return JsonResponse({"users": await User.objects.acount()})


def fail(request):
    raise ValueError("the shop is on fire")
