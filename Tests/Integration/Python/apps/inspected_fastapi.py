"""The FastAPI app, which can also be looked into."""

from fastapi_site import app
from inspection import inspect


@app.get("/inspect")
async def show_inspection():
    return inspect()
