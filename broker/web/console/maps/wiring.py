"""The routers of the map, for `ROUTERS` of the console."""

from broker.web.console.maps import base, browse, camera, request_points

ROUTERS = (base.router, browse.router, camera.router, request_points.router)
