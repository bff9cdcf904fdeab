// The two grids of the map: web Mercator, and longitude and latitude of CGCS2000 (tile matrix `c` of 天地图).
import { createXYZ } from "ol/tilegrid";
import { addEquivalentProjections, addProjection, get as projectionOf, transform, transformExtent } from "ol/proj";
import type { Coordinate } from "ol/coordinate";
import type { Extent } from "ol/extent";
import Projection from "ol/proj/Projection";
import TileGrid from "ol/tilegrid/TileGrid";
import type { GridName } from "./setup";

const LONLAT = "EPSG:4326";
const ROUND = 360;

export const DEEPEST_VIEW = 20;

const degrees = new Projection({ code: "EPSG:4490", units: "degrees", extent: [-180, -90, 180, 90], global: true });
addProjection(degrees);
const lonlat = projectionOf(LONLAT);
if (lonlat) addEquivalentProjections([lonlat, degrees]);

// A grid of the map: its projection, and how its tiles of so many pixels lie.
export class Grid {
  readonly projection: Projection;

  constructor(readonly name: GridName) {
    this.projection = (name === "4490" ? degrees : projectionOf("EPSG:3857")) as Projection;
  }

  tiles(size: number, deepest: number): TileGrid {
    if (this.name === "3857") return createXYZ({ tileSize: size, maxZoom: deepest });
    // One tile of the whole round: its upper half is the world.
    const resolutions = Array.from({ length: deepest + 1 }, (_, z) => ROUND / size / 2 ** z);
    return new TileGrid({ origin: [-180, 90], extent: [-180, -90, 180, 90], tileSize: size, resolutions });
  }

  shown(place: Coordinate): Coordinate {
    return transform(place, LONLAT, this.projection);
  }

  told(place: Coordinate): Coordinate {
    const [longitude = 0, latitude = 0] = transform(place, this.projection, LONLAT);
    return [rounded(wrapped(longitude)), rounded(Math.min(Math.max(latitude, -90), 90))];
  }

  extentShown(extent: Extent): Extent {
    return transformExtent(extent, LONLAT, this.projection);
  }
}

function wrapped(longitude: number): number {
  return longitude >= -180 && longitude <= 180 ? longitude : ((((longitude + 180) % ROUND) + ROUND) % ROUND) - 180;
}

// Six digits behind the point are a tenth of a metre: no camera stands more exactly.
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
