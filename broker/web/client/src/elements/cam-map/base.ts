// What lies below the points: tiles of the house as configured, or outlines of divisions, or nothing.
import type Feature from "ol/Feature";
import type { FeatureLike } from "ol/Feature";
import GeoJSON from "ol/format/GeoJSON";
import MVT from "ol/format/MVT";
import type BaseLayer from "ol/layer/Base";
import TileLayer from "ol/layer/Tile";
import VectorLayer from "ol/layer/Vector";
import VectorTileLayer from "ol/layer/VectorTile";
import VectorSource from "ol/source/Vector";
import VectorTileSource from "ol/source/VectorTile";
import XYZ from "ol/source/XYZ";
import type Style from "ol/style/Style";
import type { Grid } from "./grids";
import type { Looks } from "./looks";
import type { BaseMap } from "./setup";

const SIZE = 256;
const NAMES_FROM = 0.006; // degrees a pixel: farther away the names of counties cover each other

export function baseLayers(base: BaseMap, grid: Grid, looks: () => Looks): BaseLayer[] {
  const tileGrid = grid.tiles(SIZE, base.deepest);
  const common = { projection: grid.projection, tileGrid, attributions: base.attribution || undefined, transition: 0 };
  if (base.kind === "raster") return base.urls.map((url) => new TileLayer({ source: new XYZ({ ...common, url }) }));
  if (base.kind === "none") return [];
  return base.urls.map((url) => {
    const source = new VectorTileSource({ ...common, format: new MVT(), url });
    return new VectorTileLayer({ source, declutter: true, style: (it) => ground(it, looks()) });
  });
}

// Vector tiles name their layers differently from one maker to the next; what most of them say is enough for a ground.
function ground(it: FeatureLike, looks: Looks): Style | undefined {
  const layer = String(it.get("layer") ?? "");
  const type = it.getGeometry()?.getType();
  if (type === "Point") {
    const name = it.get("name:zh") ?? it.get("name");
    return /place|poi|label/.test(layer) && name ? looks.name(String(name)) : undefined;
  }
  if (/water|ocean|river/.test(layer)) return type === "LineString" ? looks.line("map-water", 2) : looks.ground("map-water");
  if (/road|transport|street|highway/.test(layer)) return looks.line("map-road", 2);
  if (/rail/.test(layer)) return looks.line("edge", 1, [4, 3]);
  if (/bound|admin/.test(layer)) return looks.line("edge-strong", 1, [6, 3]);
  if (type === "LineString") return looks.line("edge", 1);
  if (/building/.test(layer)) return looks.ground("edge");
  return /park|green|wood|forest|landcover|grass/.test(layer) ? looks.ground("map-green") : undefined;
}

// Outlines of divisions: lines, and the names of those near enough. The points do not wait for them.
export class Outlines {
  readonly layers: VectorLayer[];
  private readonly lines: VectorSource;
  private readonly names = new VectorSource();

  constructor(private readonly grid: Grid, looks: () => Looks, schematic: string) {
    this.lines = new VectorSource({ attributions: schematic });
    const metres = grid.name === "3857" ? 111_000 : 1;
    const name = (it: FeatureLike): Style => looks().name(String(it.get("name") ?? ""));
    this.layers = [
      new VectorLayer({ source: this.lines, zIndex: 1, style: () => looks().border() }),
      new VectorLayer({ source: this.names, zIndex: 2, declutter: true, maxResolution: NAMES_FROM * metres, style: name }),
    ];
  }

  async read(address: string): Promise<void> {
    const answer = await fetch(address);
    if (!answer.ok) return; // a map without outlines is one all the same
    const features = new GeoJSON().readFeatures(await answer.text(), { featureProjection: this.grid.projection });
    const named = (it: Feature): boolean => it.getGeometry()?.getType() === "Point";
    this.lines.addFeatures(features.filter((it) => !named(it)));
    this.names.addFeatures(features.filter(named));
  }
}
