// Areas as forms send them (broker/web/console/maps/areas.py), and as they are drawn. Degrees of WGS-84, metres.
import type { Coordinate } from "ol/coordinate";
import { boundingExtent } from "ol/extent";
import LineString from "ol/geom/LineString";
import Polygon, { circular, fromExtent } from "ol/geom/Polygon";
import type Geometry from "ol/geom/Geometry";
import { getDistance } from "ol/sphere";
import type { Grid } from "./grids";

export type Tool = "box" | "polygon" | "circle" | "line";
export const TOOLS: readonly Tool[] = ["box", "polygon", "circle", "line"];

type Spot = Coordinate;

export type Area =
  | { type: "box"; bounds: [number, number, number, number] }
  | { type: "polygon"; corners: Spot[] }
  | { type: "circle"; centre: Spot; metres: number }
  | { type: "line"; line: Spot[]; metres: number };

const EARTH = 6371008.8; // the same sphere as the server's
const FARTHEST = 100_000;
const MOST_CORNERS = 500;
const SMALLEST = 1; // metre

// Why something drawn is no area: a slug of the words of the map.
export class NoArea extends Error {}

export function metresBetween(one: Spot, other: Spot): number {
  return getDistance(one, other, EARTH);
}

// The area that spots in degrees make; `width` is what lies to each side of a line.
export function areaOf(tool: Tool, spots: Spot[], width: number): Area {
  const [first, second] = [spots[0], spots[spots.length - 1]];
  const fewest = tool === "polygon" ? 3 : 2;
  if (!first || !second || spots.length < fewest) throw new NoArea(tool === "box" || tool === "circle" ? "too-small" : "too-few");
  if (spots.length > MOST_CORNERS) throw new NoArea("too-many");
  if (Math.max(...spots.map((spot) => metresBetween(first, spot))) < SMALLEST) throw new NoArea("too-small");
  if (tool === "box") return { type: "box", bounds: bounds(first, second) };
  if (tool === "circle") {
    return { type: "circle", centre: first, metres: near(Math.round(metresBetween(first, second))) };
  }
  if (tool === "line") return { type: "line", line: spots, metres: near(width) };
  if (flat(spots)) throw new NoArea("too-small");
  return { type: "polygon", corners: spots };
}

function bounds([west = 0, south = 0]: Spot, [east = 0, north = 0]: Spot): [number, number, number, number] {
  if (west === east || south === north) throw new NoArea("too-small");
  const [left, right] = west < east ? [west, east] : [east, west];
  const [low, high] = south < north ? [south, north] : [north, south];
  return right - left > 180 ? [right, low, left, high] : [left, low, right, high]; // over the date line
}

function near(metres: number): number {
  if (!(metres >= SMALLEST)) throw new NoArea("too-small");
  if (metres > FARTHEST) throw new NoArea("too-large");
  return metres;
}

// Whether corners lie on one line, to a millionth of a degree.
function flat(spots: Spot[]): boolean {
  const [x0 = 0, y0 = 0] = spots[0] ?? [];
  const far = spots.reduce((best, spot) => (metresBetween(spots[0] ?? spot, spot) > metresBetween(spots[0] ?? best, best) ? spot : best));
  const [dx, dy] = [(far[0] ?? 0) - x0, (far[1] ?? 0) - y0];
  const length = Math.hypot(dx, dy);
  return spots.every((spot) => Math.abs(((spot[0] ?? 0) - x0) * dy - ((spot[1] ?? 0) - y0) * dx) <= length * 1e-6);
}

// The same as the query of the API has it: name -> value.
export function queryOf(area: Area): Record<string, string> {
  const told = (spots: Spot[]): string => spots.map((spot) => spot.join(",")).join(";");
  if (area.type === "box") return { box: area.bounds.join(",") };
  if (area.type === "polygon") return { polygon: told(area.corners) };
  if (area.type === "circle") return { circle: [...area.centre, area.metres].join(",") };
  return { line: told(area.line), width: String(area.metres) };
}

// What is drawn while spots are set; both in degrees, drawn in the projection of the grid.
export function outlineOf(tool: Tool, spots: Spot[], grid: Grid): Geometry | null {
  const [first, second] = [spots[0], spots[spots.length - 1]];
  if (!first || !second || spots.length < 2) return null;
  if (tool === "circle") return circleOf(first, metresBetween(first, second), grid);
  const shown = spots.map((spot) => grid.shown(spot));
  if (tool === "box") return fromExtent(boundingExtent(shown));
  if (tool === "polygon" && spots.length > 2) return new Polygon([[...shown, shown[0] as Spot]]);
  return new LineString(shown);
}

export function circleOf(centre: Spot, metres: number, grid: Grid): Geometry {
  return circular(centre, Math.max(metres, SMALLEST), 64, EARTH).transform("EPSG:4326", grid.projection);
}

// How many pixels metres to each side of a line take, at its latitude and a resolution of the view.
export function breadth(metres: number, latitude: number, resolution: number, grid: Grid): number {
  const metresAPixel = grid.name === "4490" ? (resolution * Math.PI * EARTH) / 180 : resolution * Math.cos((latitude * Math.PI) / 180);
  return (2 * metres) / metresAPixel;
}
