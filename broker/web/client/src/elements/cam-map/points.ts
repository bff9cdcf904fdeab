// The layer of points: vector tiles of the API, which hold single points where there are few and clusters elsewhere.
import MVT from "ol/format/MVT";
import VectorTileLayer from "ol/layer/VectorTile";
import type OlMap from "ol/Map";
import type { Pixel } from "ol/pixel";
import type { Coordinate } from "ol/coordinate";
import type { Extent } from "ol/extent";
import VectorTileSource from "ol/source/VectorTile";
import { DEEPEST_VIEW, type Grid } from "./grids";
import type { Looks } from "./looks";

const SIZE = 512;
const TOLERANCE = 8; // pixels: a finger is not exact

export interface Hit {
  ids: string[]; // single points
  cluster: Coordinate | null; // where a cluster is, in the view's projection
}

export class Points {
  readonly layer: VectorTileLayer;
  private readonly source: VectorTileSource;

  constructor(private readonly grid: Grid, query: string, private looks: Looks) {
    this.source = new VectorTileSource({
      format: new MVT(), projection: grid.projection, tileGrid: grid.tiles(SIZE, DEEPEST_VIEW - 1), url: this.url(query),
      transition: 0,
    }); // prettier-ignore
    this.layer = new VectorTileLayer({ source: this.source, renderBuffer: 40, zIndex: 20, style: (feature) => {
      const count = feature.get("count") as number | undefined;
      return count === undefined ? this.looks.point(feature.get("status") as string) : this.looks.cluster(count);
    } }); // prettier-ignore
  }

  ask(query: string): void {
    this.source.setUrl(this.url(query));
  }

  repaint(looks: Looks): void {
    this.looks = looks;
    this.layer.changed();
  }

  // What lies under a pixel.
  at(map: OlMap, pixel: Pixel): Hit {
    const ids = new Set<string>();
    let cluster: Coordinate | null = null;
    map.forEachFeatureAtPixel(pixel, (feature) => {
      const id = feature.get("id") as string | undefined;
      if (id !== undefined) ids.add(id);
      else {
        const extent = feature.getGeometry()?.getExtent();
        if (extent) cluster = [((extent[0] ?? 0) + (extent[2] ?? 0)) / 2, ((extent[1] ?? 0) + (extent[3] ?? 0)) / 2];
      }
    }, { hitTolerance: TOLERANCE, layerFilter: (layer) => layer === this.layer }); // prettier-ignore
    return { ids: [...ids], cluster };
  }

  // How many points the loaded tiles have in an extent; clusters on its edge make it about right.
  count(extent: Extent): number {
    const found = this.layer.getFeaturesInExtent(extent);
    return found.reduce((sum, feature) => sum + ((feature.get("count") as number | undefined) ?? 1), 0);
  }

  private url(query: string): string {
    const parts = [query, this.grid.name === "4490" ? "grid=4490" : ""].filter((part) => part);
    return `/api/v1/map/tiles/{z}/{x}/{y}.mvt${parts.length ? `?${parts.join("&")}` : ""}`;
  }
}
